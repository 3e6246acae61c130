package db_test

import (
	"slices"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
)

type providerID int64

func TestEachIn(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	write(t, d, `INSERT INTO providers (id, label) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
		SELECT i, 'p' || i FROM n`)
	for _, n := range []int{0, 1, 2, 3, 7, 64, 200, 256, 257, 1024, 1025, 2500} {
		var want, got []providerID
		for i := range n {
			want = append(want, providerID(i+2))
		}
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			return db.EachIn(tx, "SELECT id FROM providers WHERE label <> $1 AND id IN (?ids) AND id < $2",
				[]any{"p1", 1 << 40}, want, func(r *db.Rows) error {
					var id providerID
					err := r.Scan(&id)
					got = append(got, id)
					return err
				})
		})
		slices.Sort(got)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%d ids: %d rows, %v", n, len(got), err)
		}
	}
}

func TestExecIn(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	write(t, d, "INSERT INTO providers (id, label) VALUES (1, 'a'), (2, 'b'), (3, 'c')")
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		n, err := db.ExecIn(tx, "DELETE FROM providers WHERE label IN (?ids)", nil, []string{"a", "b", "x"})
		if n != 2 {
			t.Errorf("%d rows", n)
		}
		return err
	})
	if err != nil || count(t, d) != 1 {
		t.Errorf("%v, %d providers left", err, count(t, d))
	}
}

func TestInNeedsOneMarker(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	for _, text := range []string{"SELECT 1", "SELECT 1 WHERE 1 IN (?ids) AND 2 IN (?ids)"} {
		err := d.Get(t.Context(), func(tx *db.Tx) error {
			return db.EachIn(tx, text, nil, []int{1}, func(*db.Rows) error { return nil })
		})
		if err == nil {
			t.Errorf("%q passed", text)
		}
	}
}

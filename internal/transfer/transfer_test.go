package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
	"github.com/roundtable-directory/roundtable/internal/transfer"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func silent(transfer.Progress) {}

// content is all rows of all tables, and the last number that each has given.
func content(t *testing.T, d *db.DB) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		tables, err := tx.Tables()
		if err != nil {
			return err
		}
		for _, table := range tables {
			names := make([]string, len(table.Columns))
			for i, c := range table.Columns {
				names[i] = c.Name
			}
			err := tx.Each("SELECT "+strings.Join(names, ", ")+" FROM "+table.Name, nil, func(rows *db.Rows) error {
				values, err := rows.Values()
				all[table.Name] = append(all[table.Name], fmt.Sprintf("%#v", values))
				return err
			})
			if err != nil {
				return err
			}
			slices.Sort(all[table.Name])
			if table.Numbered {
				last, err := tx.LastID(table.Name)
				if err != nil {
					return err
				}
				all[table.Name+" last"] = []string{fmt.Sprint(last)}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// fill puts random rows into every table. Types are those of types, which knows
// booleans from other numbers.
func fill(t *testing.T, d *db.DB, types []db.Table, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	keys := map[string][]any{}
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for _, table := range types {
			names, marks := make([]string, len(table.Columns)), make([]string, len(table.Columns))
			for i, c := range table.Columns {
				names[i], marks[i] = c.Name, fmt.Sprintf("$%d", i+1)
			}
			rows := 1 + r.IntN(40)
			if table.Name == "events" || table.Name == "user_businesses" {
				rows = 2_100 // several pages
			}
			insert := "INSERT INTO " + table.Name + " (" + strings.Join(names, ", ") + ") VALUES (" + strings.Join(marks, ", ") + ")"
			for n := range rows {
				row := make([]any, len(table.Columns))
				for i, c := range table.Columns {
					row[i] = randomValue(r, table, c, n, keys)
				}
				failed, err := tx.Savepoint(func() error {
					_, err := tx.Exec(insert, row...)
					return err
				})
				switch {
				case err != nil:
					return err
				case errors.Is(failed, db.ErrUnique):
					continue
				case failed != nil:
					return failed
				}
				keys[table.Name] = append(keys[table.Name], row[0])
			}
			if table.Numbered { // numbers that were given, and whose rows are gone
				last, err := tx.LastID(table.Name)
				if err != nil {
					return err
				}
				if err := tx.SetLastID(table.Name, last+int64(r.IntN(1000))); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func randomValue(r *rand.Rand, table db.Table, c db.Column, n int, keys map[string][]any) any {
	key := slices.Contains(table.Key, c.Name)
	nothing := slices.Contains([]string{"max_businesses", "last_api_call_at", "sidebar_pages", "previous_secret_hash", "expiration_date", "reverts"}, c.Name)
	switch {
	case nothing && r.IntN(2) == 0:
		return nil
	case c.Parent != "":
		return keys[c.Parent][r.IntN(len(keys[c.Parent]))]
	case c.Type == db.BooleanColumn:
		return r.IntN(2)
	case c.Type == db.IntegerColumn && key:
		return int64(n*7 + 1)
	case c.Type == db.IntegerColumn:
		return []int64{0, 1, -1, math.MaxInt64, math.MinInt64, r.Int64()}[r.IntN(6)]
	case c.Type == db.BytesColumn:
		b := make([]byte, 32)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return b
	}
	return randomText(r, c.Name)
}

// randomText is of any script, and sometimes long where no index has to hold it.
func randomText(r *rand.Rand, column string) string {
	var b strings.Builder
	length := r.IntN(30)
	if r.IntN(50) == 0 && slices.Contains([]string{"changes", "effects", "data", "answer", "description"}, column) {
		length = 5_000
	}
	for range length {
		b.WriteRune([]rune("aZ0 _-'\"\\%\t\n\u0001ß\u00e9\u0301\uffee\U0001f600\u05d0\u202e\u200b\ufffd")[r.IntN(21)])
	}
	return b.String() + fmt.Sprint(r.Uint32())
}

func tablesOf(t *testing.T, d *db.DB) (tables []db.Table) {
	t.Helper()
	err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
		tables, err = tx.Tables()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

func copyAll(t *testing.T, from, to *db.DB) []transfer.Arrival {
	t.Helper()
	arrivals, err := transfer.Copy(t.Context(), from, to, silent)
	if err != nil {
		t.Fatal(err)
	}
	return arrivals
}

// A random company goes from SQLite to PostgreSQL and back, and is the same in every
// row and in the numbers that will not be given again.
func TestPostgreSQLRoundTrip(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		first, middle, last := dbtest.NewFile(t), dbtest.New(t), dbtest.NewFile(t)
		fill(t, first, tablesOf(t, middle), seed)
		out, back := copyAll(t, first, middle), copyAll(t, middle, last)
		if !reflect.DeepEqual(out, back) {
			t.Errorf("seed %d: %v there and %v back", seed, out, back)
		}
		want := content(t, first)
		for name, d := range map[string]*db.DB{"PostgreSQL": middle, "SQLite": last} {
			for table, rows := range content(t, d) {
				if !slices.Equal(rows, want[table]) {
					t.Errorf("seed %d, %s: %s differs: %.300q and %.300q", seed, name, table, rows, want[table])
				}
			}
		}
		write(t, last, "INSERT INTO providers (label) VALUES ('the next')")
		write(t, middle, "INSERT INTO providers (label) VALUES ('the next')")
		if a, b := content(t, last)["providers last"], content(t, middle)["providers last"]; !slices.Equal(a, b) || slices.Equal(a, want["providers last"]) {
			t.Errorf("seed %d: the next provider has %q and %q, after %q", seed, a, b, want["providers last"])
		}
	}
}

func write(t *testing.T, d *db.DB, texts ...string) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for _, text := range texts {
			if _, err := tx.Exec(text); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What is told of a table is its rows, and any difference changes it.
func TestSumsTell(t *testing.T) {
	t.Parallel()
	sums := map[[32]byte]string{}
	for name, texts := range map[string][]string{
		"nothing":        nil,
		"a row":          {"INSERT INTO providers (id, label) VALUES (1, 'ab')"},
		"another number": {"INSERT INTO providers (id, label) VALUES (2, 'ab')"},
		"another text":   {"INSERT INTO providers (id, label) VALUES (1, 'a')"},
		"a number":       {"INSERT INTO providers (id, label) VALUES (1, '1')"},
		"two rows":       {"INSERT INTO providers (id, label) VALUES (1, 'ab')", "INSERT INTO providers (id, label) VALUES (2, 'cd')"},
	} {
		from := dbtest.New(t)
		write(t, from, texts...)
		for _, arrival := range copyAll(t, from, dbtest.New(t)) {
			if arrival.Table != "providers" {
				continue
			}
			if other, taken := sums[arrival.Sum]; taken || arrival.Rows != int64(len(texts)) {
				t.Errorf("%s: %d rows, the sum of %q", name, arrival.Rows, other)
			}
			sums[arrival.Sum] = name
		}
	}
}

// A transfer that fails, whenever it does, leaves nothing, and can be tried again.
func TestAllOrNothing(t *testing.T) {
	t.Parallel()
	from, to := dbtest.New(t), dbtest.New(t)
	fill(t, from, tablesOf(t, from), 7)
	empty := content(t, to)
	for _, stop := range []transfer.Progress{{Table: "orgs"}, {Table: "events", Done: 1000}, {Table: "events", Checking: true}, {Table: "users", Checking: true}} {
		ctx, cancel := context.WithCancel(t.Context())
		reached := false
		_, err := transfer.Copy(ctx, from, to, func(p transfer.Progress) {
			if p.Table == stop.Table && p.Done >= stop.Done && p.Checking == stop.Checking {
				reached = true
				cancel()
			}
		})
		cancel()
		if !reached || !errors.Is(err, context.Canceled) {
			t.Errorf("at %+v: %v, reached %t", stop, err, reached)
		}
		for table, rows := range content(t, to) {
			if !strings.HasSuffix(table, " last") && !slices.Equal(rows, empty[table]) {
				t.Errorf("at %+v: %s holds %d rows", stop, table, len(rows))
			}
		}
	}
	copyAll(t, from, to)
}

// What does not fit is refused, with the reason.
func TestRefused(t *testing.T) {
	t.Parallel()
	from := dbtest.New(t)
	write(t, from, "INSERT INTO providers (id, label) VALUES (1, 'p')")
	full := dbtest.New(t)
	write(t, full, "INSERT INTO providers (id, label) VALUES (2, 'q')")
	newer := dbtest.New(t)
	write(t, newer, fmt.Sprintf("INSERT INTO goose_db_version (version_id, is_applied) SELECT %d, 1 = 1", db.Head()+1))
	wider := dbtest.New(t)
	write(t, wider, "ALTER TABLE sso_links ADD COLUMN extra TEXT")
	for what, c := range map[string]struct {
		from, to *db.DB
		word     string
	}{
		"a full target":         {from, full, "providers has rows"},
		"itself":                {full, full, "providers has rows"},
		"a newer source":        {newer, dbtest.New(t), "schema version"},
		"a newer target":        {from, newer, "schema version"},
		"no schema":             {from, dbtest.Opened(t, dbtest.Empty(t)), "schema version 0"},
		"a source with columns": {wider, dbtest.New(t), "sso_links differs"},
		"a target with columns": {from, wider, "sso_links differs"},
	} {
		if arrivals, err := transfer.Copy(t.Context(), c.from, c.to, silent); err == nil || !strings.Contains(err.Error(), c.word) {
			t.Errorf("%s: %v, %v", what, arrivals, err)
		}
	}
	if n := len(content(t, full)["providers"]); n != 1 {
		t.Errorf("the full target has %d providers", n)
	}
}

// Bytes that SQLite takes for text and PostgreSQL does not are told with their row.
func TestPostgreSQLTakesTextOnly(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"CAST(x'610062' AS TEXT)", "CAST(x'ff' AS TEXT)"} {
		from, to := dbtest.NewFile(t), dbtest.New(t)
		write(t, from, "INSERT INTO providers (id, label) VALUES (1, 'p')", "INSERT INTO providers (id, label) VALUES (17, "+bad+")")
		_, err := transfer.Copy(t.Context(), from, to, silent)
		if err == nil || !strings.Contains(err.Error(), "providers") || !strings.Contains(err.Error(), "label") || !strings.Contains(err.Error(), "17") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

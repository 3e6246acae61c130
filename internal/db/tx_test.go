package db_test

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
)

type (
	role   string
	level  int32
	toggle bool
)

func pointer[T any](v T) *T { return &v }

// typed is the placeholder $1 for a value, of which PostgreSQL wants to know the type.
func typed(tx *db.Tx, in any) string {
	v := reflect.ValueOf(in)
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	form := db.ByEngine{SQLite: "$1", PostgreSQL: "$1::text"}
	switch v.Kind() {
	case reflect.Bool:
		form.PostgreSQL = "$1::boolean"
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint32:
		form.PostgreSQL = "$1::bigint"
	case reflect.Float64:
		form.PostgreSQL = "$1::float8"
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			form.PostgreSQL = "$1::bytea"
		}
	}
	return form.For(tx)
}

// Every kind of value comes back as it was stored.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	text := "é\x01\"\\\n<&> 雪"
	tests := []struct{ in, out, want any }{
		{text, new(string), text},
		{"", new(string), ""},
		{int64(math.MinInt64), new(int64), int64(math.MinInt64)},
		{-1, new(int), -1},
		{true, new(bool), true},
		{false, new(bool), false},
		{1.5, new(float64), 1.5},
		{7, new(float64), 7.0},
		{[]byte{0, 255}, new([]byte), []byte{0, 255}},
		{[]byte{}, new([]byte), []byte{}},
		{[]byte(nil), new([]byte), []byte(nil)},
		{[3]byte{1, 2, 3}, new([3]byte), [3]byte{1, 2, 3}},
		{role("ORG_ADMIN"), new(role), role("ORG_ADMIN")},
		{level(-3), new(level), level(-3)},
		{uint32(math.MaxUint32), new(int64), int64(math.MaxUint32)},
		{toggle(true), new(toggle), toggle(true)},
		{nil, pointer(pointer("old")), (*string)(nil)},
		{(*string)(nil), pointer(pointer("old")), (*string)(nil)},
		{pointer("x"), new(*string), pointer("x")},
		{int64(5), new(*int64), pointer(int64(5))},
		{pointer(role("r")), new(*role), pointer(role("r"))},
		{[]string{"a", text, ""}, new([]string), []string{"a", text, ""}},
		{[]string{}, &[]string{"old"}, []string{}},
		{[]string(nil), &[]string{"old"}, []string(nil)},
		{[]int64{1, -2, math.MaxInt64}, new([]int64), []int64{1, -2, math.MaxInt64}},
		{[]int64{}, new([]int64), []int64{}},
		{[][]int64{{1, 2}, {}, {3}}, new([][]int64), [][]int64{{1, 2}, {}, {3}}},
		{[][]int64(nil), &[][]int64{{9}}, [][]int64(nil)},
		{[]role{"a", "<b>"}, new([]role), []role{"a", "<b>"}},
		{[]role(nil), &[]role{"old"}, []role(nil)},
	}
	for _, test := range tests {
		err := d.Get(t.Context(), func(tx *db.Tx) error {
			found, err := tx.One("SELECT "+typed(tx, test.in), []any{test.in}, test.out)
			if !found && err == nil {
				t.Error("no row")
			}
			return err
		})
		got := reflect.ValueOf(test.out).Elem().Interface()
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%T %#v came back as %#v, %v", test.in, test.in, got, err)
		}
	}
}

// Lists are JSON text that other programs can read.
func TestListsAreJSON(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	for want, list := range map[string]any{
		`["a","b"]`:    []string{"a", "b"},
		`["\"","\\u"]`: []string{`"`, `\u`},
		`[1,-2]`:       []int64{1, -2},
		`[[1,2],[3]]`:  [][]int64{{1, 2}, {3}},
		`[]`:           []string{},
	} {
		var got string
		err := d.Get(t.Context(), func(tx *db.Tx) error {
			_, err := tx.One("SELECT $1", []any{list}, &got)
			return err
		})
		if err != nil || got != want {
			t.Errorf("%v is stored as %s, %v; want %s", list, got, err, want)
		}
	}
}

func TestScanRefuses(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	for _, test := range []struct{ in, out any }{
		{nil, new(string)},
		{nil, new(int64)},
		{nil, new(bool)},
		{nil, new(float64)},
		{nil, new([2]byte)},
		{nil, new(role)},
		{"1", new(int)},
		{1, new(string)},
		{"x", new(float64)},
		{"x", new([]byte)},
		{[]byte("x"), new(string)},
		{"x", new(toggle)},
		{int64(math.MaxInt64), new(level)},
		{[]byte("abc"), new([2]byte)},
		{1, new([2]int)},
		{"{}", new([]string)},
		{1, new([]string)},
		{`["a"]`, new([]int64)},
		{1, new(struct{})},
		{1, 1},
		{1, nil},
		{1, (*role)(nil)},
	} {
		err := d.Get(t.Context(), func(tx *db.Tx) error {
			_, err := tx.One("SELECT "+typed(tx, test.in)+" AS wanted", []any{test.in}, test.out)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "column wanted") {
			t.Errorf("%#v into %T: %v", test.in, test.out, err)
		}
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	var a, b, c string
	err := d.Get(t.Context(), func(tx *db.Tx) error {
		_, err := tx.One("SELECT $2, $1, $2", []any{"first", strings.Repeat("second", 20000)}, &a, &b, &c)
		return err
	})
	if err != nil || b != "first" || a != strings.Repeat("second", 20000) || c != a {
		t.Errorf("placeholders out of order: %.20q, %.20q, %.20q, %v", a, b, c, err)
	}
	for text, args := range map[string][]any{
		"SELECT $1":           {},
		"SELECT $2":           {1},
		"SELECT $1, 2":        {1, 2},
		"SELECT ?":            {1},
		"SELECT :name":        {1},
		"SELECT $1 || $name":  {1},
		"SELECT $1 ":          {struct{}{}},
		"SELECT $1  ":         {[]any{func() {}}},
		"SELECT $1   ":        {[2]int{}},
		"":                    {},
		"-- nothing":          {},
		"SELECT 1; SELECT 2":  {},
		"SELECT FROM nowhere": {},
		"SELECT 1, 2":         {}, // two columns for one destination
	} {
		err := d.Get(t.Context(), func(tx *db.Tx) error {
			_, err := tx.One(text, args, new(int))
			return err
		})
		if err == nil {
			t.Errorf("%q with %v passed", text, args)
		}
	}
}

func TestExecCountsRows(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for id := range 5 {
			if err := addProvider(tx, id+1); err != nil {
				return err
			}
		}
		for text, want := range map[string]int64{
			"UPDATE providers SET label = label WHERE id > 2":               3,
			"UPDATE providers SET label = label WHERE id > 9":               0,
			"UPDATE providers SET label = label WHERE id > 3 RETURNING id ": 2,
		} {
			if n, err := tx.Exec(text); err != nil || n != want {
				t.Errorf("%s: %d rows, %v; want %d", text, n, err, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// One text can be in use twice, as in a loop within a loop.
func TestNestedQueries(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	write(t, d, "INSERT INTO providers (id, label) VALUES (1, 'a'), (2, 'b'), (3, 'c')")
	const text = "SELECT id FROM providers ORDER BY id"
	var pairs int
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		return tx.Each(text, nil, func(*db.Rows) error {
			return tx.Each(text, nil, func(r *db.Rows) error {
				pairs++
				return r.Scan(new(int))
			})
		})
	})
	if err != nil || pairs != 9 {
		t.Errorf("%d pairs, %v", pairs, err)
	}
}

func TestRows(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	write(t, d, "INSERT INTO providers (id, label) VALUES (1, 'a'), (2, 'b')")
	var kept *db.Tx
	var left *db.Rows
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		rows, err := tx.Query("SELECT id FROM providers WHERE id = $1", 1)
		if err != nil {
			return err
		}
		if err := rows.Scan(new(int)); !errors.Is(err, db.ErrDone) {
			t.Errorf("Scan before Next: %v", err)
		}
		if !rows.Next() || rows.Scan(new(int)) != nil || rows.Next() || rows.Next() || rows.Err() != nil || rows.Close() != nil {
			t.Error("a row does not come once")
		}
		if err := rows.Scan(new(int)); !errors.Is(err, db.ErrDone) {
			t.Errorf("Scan after the end: %v", err)
		}
		kept = tx
		left, err = tx.Query("SELECT id FROM providers")
		left.Next()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if left.Next() || !errors.Is(left.Scan(new(int)), db.ErrDone) || left.Close() != nil {
		t.Error("rows outlive their transaction")
	}
	if _, err := kept.Exec("DELETE FROM providers"); !errors.Is(err, db.ErrDone) {
		t.Errorf("Exec after the end: %v", err)
	}
	if _, err := kept.Query("SELECT 1"); !errors.Is(err, db.ErrDone) {
		t.Errorf("Query after the end: %v", err)
	}
	if n := count(t, d); n != 2 {
		t.Errorf("%d providers", n)
	}
}

func TestEachPassesErrorsOn(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	failure := errors.New("no")
	err := d.Get(t.Context(), func(tx *db.Tx) error {
		return tx.Each("SELECT 1 UNION ALL SELECT 2", nil, func(*db.Rows) error { return failure })
	})
	if !errors.Is(err, failure) {
		t.Errorf("of the visit: %v", err)
	}
	err = d.Get(t.Context(), func(tx *db.Tx) error { // fails on the second row
		return tx.Each("SELECT abs(v) FROM (SELECT 1 AS v UNION ALL SELECT CAST('-9223372036854775808' AS BIGINT)) AS two", nil,
			func(r *db.Rows) error { return r.Scan(new(int)) })
	})
	var refusal *db.Error
	if !errors.As(err, &refusal) || refusal.Code != map[db.Engine]string{db.SQLite: "1", db.PostgreSQL: "22003"}[d.Engine()] {
		t.Errorf("of a step: %v", err)
	}
}

// Texts that cannot be stored on every engine none takes.
func TestUnstorableTexts(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	for _, in := range []any{"a\x00b", role("\x00"), pointer("\x00"), "\xff", "a\xc3"} {
		err := d.Get(t.Context(), func(tx *db.Tx) error {
			_, err := tx.One("SELECT "+typed(tx, in), []any{in}, new(string))
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "zero byte") {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestLater(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	later := func(tx *db.Tx, id int, label string) error {
		return tx.Later("INSERT INTO providers (id, label) VALUES ($1, $2)", id, label)
	}
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for id := range 3 {
			if err := later(tx, id, string(rune('a'+id))); err != nil {
				return err
			}
		}
		var n int
		if err := countIn(tx, &n); n != 3 {
			t.Errorf("the next query sees %d rows, %v", n, err)
		}
		return later(tx, 3, "d")
	})
	if err != nil || count(t, d) != 4 {
		t.Errorf("%v, %d rows", err, count(t, d))
	}
	// The error comes with it or with what follows, and nothing of the transaction stays.
	for name, follows := range map[string]func(tx *db.Tx) error{
		"the commit": func(*db.Tx) error { return nil },
		"a query":    func(tx *db.Tx) error { return countIn(tx, new(int)) },
		"an exec":    func(tx *db.Tx) error { return addProvider(tx, 9) },
	} {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			return cmp.Or(later(tx, 7, "g"), later(tx, 8, "a"), follows(tx))
		})
		if !errors.Is(err, db.ErrUnique) || count(t, d) != 4 {
			t.Errorf("before %s: %v, %d rows", name, err, count(t, d))
		}
	}
	if err := d.Read(t.Context(), func(tx *db.Tx) error { return later(tx, 5, "e") }); !errors.Is(err, db.ErrReadOnly) {
		t.Errorf("in a read: %v", err)
	}
}

func TestSavepoint(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	own := errors.New("own")
	add := func(tx *db.Tx, id int) error {
		return tx.Later("INSERT INTO providers (id, label) VALUES ($1, $2)", id, "l")
	}
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for name, step := range map[string]struct {
			do   func() error
			want error
		}{
			"its own error, nothing sent": {func() error { return cmp.Or(add(tx, 2), own) }, own},
			"its own error":               {func() error { return cmp.Or(addProvider(tx, 3), own) }, own},
			"an error of a statement":     {func() error { return cmp.Or(addProvider(tx, 4), addProvider(tx, 4)) }, db.ErrUnique},
			"an error that comes later":   {func() error { return cmp.Or(add(tx, 5), add(tx, 5)) }, db.ErrUnique},
			"no statement at all":         {func() error { return own }, own},
		} {
			if failed, err := tx.Savepoint(step.do); !errors.Is(failed, step.want) || err != nil {
				t.Errorf("%s: %v, %v", name, failed, err)
			}
		}
		failed, err := tx.Savepoint(func() error { return add(tx, 6) })
		return cmp.Or(failed, err, addProvider(tx, 7))
	})
	if err != nil || count(t, d) != 2 {
		t.Errorf("%v, %d rows", err, count(t, d))
	}
}

func TestNextIDs(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	var mu sync.Mutex
	given := make(map[int64]bool)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 5 {
				err := d.Write(t.Context(), func(tx *db.Tx) error {
					first, err := tx.NextIDs("providers", 3)
					if err != nil {
						return err
					}
					more, err := tx.NextIDs("providers", 2)
					if err != nil {
						return err
					}
					for _, id := range append(first, more...) {
						if err := addProvider(tx, int(id)); err != nil {
							return err
						}
						mu.Lock()
						if given[id] {
							t.Errorf("%d was given twice", id)
						}
						given[id] = true
						mu.Unlock()
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if n := count(t, d); n != 100 {
		t.Errorf("%d rows", n)
	}
	var next int64
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		if _, err := tx.Exec("DELETE FROM providers"); err != nil { // given once is given for good
			return err
		}
		ids, err := tx.NextIDs("providers", 1)
		next = append(ids, 0)[0]
		return err
	})
	if err != nil || next == 0 || given[next] {
		t.Errorf("%d is given again, %v", next, err)
	}
}

// Rows that came with ids of their own do not stand in the way of the next.
func TestKeepIDs(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for _, highest := range []int{7, 5000} {
			if err := cmp.Or(addProvider(tx, highest), tx.KeepIDs("providers")); err != nil {
				return err
			}
			var id int
			if _, err := tx.One("INSERT INTO providers (label) VALUES ($1) RETURNING id", []any{fmt.Sprint("after ", highest)}, &id); err != nil {
				return err
			}
			if id <= highest {
				t.Errorf("%d is given after %d", id, highest)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// After a step that was undone the transaction goes on, also with a statement that the
// connection has not seen before.
func TestNewStatementAfterSavepoint(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		if err := addProvider(tx, 1); err != nil {
			return err
		}
		for n := range 3 {
			failed, err := tx.Savepoint(func() error { return addProvider(tx, 1) })
			if !errors.Is(failed, db.ErrUnique) || err != nil {
				t.Errorf("%v, %v", failed, err)
			}
			failed, err = tx.Savepoint(func() error {
				_, err := tx.Exec(fmt.Sprintf("INSERT INTO providers (id, label) SELECT %d, 'new %[1]d'", n+2))
				return err
			})
			if failed != nil || err != nil {
				t.Errorf("%v, %v", failed, err)
			}
		}
		return nil
	})
	if err != nil || count(t, d) != 4 {
		t.Errorf("%v, %d providers", err, count(t, d))
	}
}

func TestReadsTogether(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	add := func(tx *db.Tx, id int, label string) error {
		return tx.Later("INSERT INTO providers (id, label) VALUES ($1, $2)", id, label)
	}
	var seen []string
	labels := func(r *db.Rows) error {
		var label string
		err := r.Scan(&label)
		seen = append(seen, label)
		return err
	}
	own := errors.New("own")
	failing := func(*db.Rows) error { return own }
	text := "SELECT label FROM providers WHERE id IN (?ids) ORDER BY id"
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		err := cmp.Or(add(tx, 51, "a"), add(tx, 52, "b"), db.EachInLater(tx, text, nil, []int{51, 52}, labels),
			add(tx, 53, "c"), db.EachInLater(tx, text, nil, []int{53}, labels), db.EachInLater(tx, text, nil, []int{}, labels), tx.Flush())
		if !slices.Equal(seen, []string{"a", "b", "c"}) {
			t.Errorf("rows %q, %v", seen, err)
		}
		// The error of a visitor comes like that of a statement, but leaves the transaction as it is.
		err = cmp.Or(db.EachInLater(tx, text, nil, []int{51}, failing), tx.EachLater("SELECT label FROM providers WHERE id = 52", nil, labels), tx.Flush())
		if !errors.Is(err, own) {
			t.Errorf("a visitor that fails: %v", err)
		}
		return cmp.Or(tx.EachLater("SELECT label FROM providers WHERE id = 53", nil, labels), add(tx, 54, "d"))
	})
	if err != nil || seen[len(seen)-1] != "c" {
		t.Errorf("%v, %q", err, seen)
	}
	err = d.Read(t.Context(), func(tx *db.Tx) error {
		seen = nil
		return cmp.Or(tx.EachLater("SELECT label FROM providers WHERE id = 54", nil, labels), tx.Flush())
	})
	if err != nil || !slices.Equal(seen, []string{"d"}) {
		t.Errorf("in a read: %q, %v", seen, err)
	}
}

// Texts are ordered byte by byte, whatever the language of the server.
func TestTextOrder(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	want := []string{"", "A", "Z", "_", "a", "a b", "ab", "z", "À", "é"}
	var got []string
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for i, at := range []int{7, 3, 9, 0, 5, 1, 8, 2, 6, 4} {
			if err := tx.Later("INSERT INTO providers (id, label) VALUES ($1, $2)", i, want[at]); err != nil {
				return err
			}
		}
		return tx.Each("SELECT label FROM providers WHERE label >= $1 ORDER BY label", []any{""}, func(r *db.Rows) error {
			var label string
			err := r.Scan(&label)
			got = append(got, label)
			return err
		})
	})
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
}

// A statement within the rows of another loses none of them, however many there are.
func TestStatementAmongManyRows(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	write(t, d, "INSERT INTO providers (id, label) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i, 'p' || i FROM n")
	next := 1
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		return tx.Each("SELECT id, label FROM providers ORDER BY id", nil, func(r *db.Rows) error {
			if next%1000 == 7 {
				if _, err := tx.Exec("UPDATE providers SET label = 'x' || id WHERE id = $1", next); err != nil {
					return err
				}
			}
			var id int
			var label string
			err := r.Scan(&id, &label)
			if id != next || label != fmt.Sprint("p", id) && label != fmt.Sprint("x", id) {
				return fmt.Errorf("row %d, %q in the place of %d", id, label, next)
			}
			next++
			return err
		})
	})
	if err != nil || next != 5001 {
		t.Errorf("%d rows, %v", next-1, err)
	}
}

package directory

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
)

// Every transaction of the write path is told of, with what it took, and so is every
// step of a request.
func TestBatchesAndStepsAreTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		batches := make(chan Batch, 10)
		d := openAt(t, dbtest.Blank(t, db.Options{Writers: 1}), smallCompany(), Options{Observe: func(b Batch) { batches <- b }})
		release, writing := d.holdWriter(t)
		<-writing
		var courses [3]Course
		done := make(chan error, 3)
		for i := range courses {
			caller := d.caller(arthur)
			caller.Course = &courses[i]
			go func() {
				_, err := d.UpdateUser(t.Context(), caller, userID(yvain), roundtable.Update{Patch: setPhone("1")})
				done <- err
			}()
			synctest.Wait() // the first is at work alone; the others wait for it
		}
		if s := d.Stats(t.Context()); s.Waiting != 2 || s.Database.Busy != 1 || !s.Ready {
			t.Errorf("%+v", s)
		}
		<-time.After(time.Second)
		if s := d.Stats(t.Context()); s.Oldest != time.Second {
			t.Errorf("the oldest has waited for %s", s.Oldest)
		}
		close(release)
		for range courses {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		first, second := <-batches, <-batches
		if first.Items != 1 || first.Took != time.Second || first.Err != nil || second.Items != 2 || second.Took != 0 || second.Err != nil {
			t.Errorf("%+v, %+v", first, second)
		}
		var steps []Step
		for i := range courses {
			steps = append(steps, courses[i].Steps()...)
		}
		for i := range steps {
			steps[i].Asked = time.Time{}
		}
		want := []Step{{Took: time.Second, Items: 1}, {Waited: time.Second, Items: 2}, {Waited: time.Second, Items: 2}}
		if !slices.Equal(steps, want) {
			t.Errorf("steps %+v, want %+v", steps, want)
		}
	})
}

// A password is judged on a snapshot before it waits for its transaction, and a reader
// has no transaction but its own.
func TestStepsOfReads(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	ask := func(do func(Caller) error) (items []int) {
		var course Course
		caller := d.caller(arthur)
		caller.Course = &course
		if err := do(caller); err != nil {
			t.Error(err)
		}
		for _, step := range course.Steps() {
			items = append(items, step.Items)
		}
		return items
	}
	password := roundtable.UserPatch{}
	password.Password.Set, password.Password.Value = true, "Excalibur!"
	for name, test := range map[string]struct {
		do   func(Caller) error
		want []int
	}{
		"a password": {func(c Caller) error {
			_, err := d.UpdateUser(t.Context(), c, userID(yvain), roundtable.Update{Patch: password})
			return err
		}, []int{0, 1}},
		"a user": {func(c Caller) error {
			_, _, err := d.User(t.Context(), c, userID(yvain))
			return err
		}, []int{0}},
		"a search": {func(c Caller) error {
			_, err := d.CountUsers(t.Context(), c, roundtable.UserSearch{})
			return err
		}, []int{0, 0}}, // the second alone with its roster, which it had to read
	} {
		if got := ask(test.do); !slices.Equal(got, test.want) {
			t.Errorf("%s: items %d, want %d", name, got, test.want)
		}
	}
	if s := d.Stats(t.Context()); s.Rosters != 1 || s.RosterBytes == 0 {
		t.Errorf("%d rosters of %d bytes", s.Rosters, s.RosterBytes)
	}
}

// A course remembers the first steps of a request that has many.
func TestCourseIsBounded(t *testing.T) {
	t.Parallel()
	var course Course
	for i := range 10 {
		course.add(Step{Items: i})
	}
	if steps := course.Steps(); len(steps) != 4 || steps[3].Items != 3 {
		t.Errorf("%+v", steps)
	}
	(*Course)(nil).add(Step{})
}

// What is refused is counted.
func TestRefusalsAreCounted(t *testing.T) {
	t.Parallel()
	d := open(t, smallCompany(), Options{RateLimit: 1})
	for range 3 {
		_, _ = d.Take(d.caller(arthur), noon)
	}
	q := filled(t, repeat(MaxQueue, 1, 1)...)
	_ = q.push(waiting(2, 1))
	if _, _, refused := q.stats(time.Now()); refused != 1 || d.Stats(t.Context()).RateLimited != 2 {
		t.Errorf("%d and %d", refused, d.Stats(t.Context()).RateLimited)
	}
}

// A conflict is told as one, and is no failure.
func TestConflictsAreTold(t *testing.T) {
	t.Parallel()
	var told []Batch
	d := &Directory{observe: func(b Batch) { told = append(told, b) }}
	broken := errors.New("a rule broke")
	for _, err := range []error{nil, errNothingToWrite, db.ErrConflict, broken} {
		d.begin(repeat(2, 1, 1))(err)
	}
	for i, want := range []Batch{{}, {}, {Conflict: true}, {Err: broken}} {
		if got := told[i]; got.Items != 2 || got.Conflict != want.Conflict || !errors.Is(got.Err, want.Err) {
			t.Errorf("%d: %+v", i, got)
		}
	}
}

// Only what says something of the database counts as its state.
func TestWritingState(t *testing.T) {
	t.Parallel()
	var w writing
	for i, step := range []struct {
		err    error
		failed bool
	}{
		{nil, false},
		{errNothingToWrite, false},
		{errors.New("a rule broke"), false},
		{db.ErrUnavailable, true},
		{errNothingToWrite, true},
		{errors.New("a rule broke"), true},
		{nil, false},
		{db.ErrClosed, true},
	} {
		id := w.begin(noon)
		if oldest, _ := w.state(); !oldest.Equal(noon) {
			t.Errorf("step %d: at work since %s", i, oldest)
		}
		w.end(id, step.err)
		if oldest, failed := w.state(); !oldest.IsZero() || (failed != nil) != step.failed {
			t.Errorf("step %d: %s, %v", i, oldest, failed)
		}
	}
}

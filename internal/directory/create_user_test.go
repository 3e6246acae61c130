package directory

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/roundtable-directory/roundtable"
)

// creation is a newcomer of an id and an address on its way into a batch.
func (d *opened) creation(t *testing.T, by int, id, email string) *item {
	creation := &roundtable.Creation{ID: id, CreatedAt: 1, Patch: roundtable.UserPatch{
		Email: some(email), FirstName: some("New"), LastName: some("Comer"),
	}}
	creation.Defaults()
	return newCreation(t.Context(), d.caller(by), creation)
}

// Addresses change hands within a batch whichever of the two ids is the lower one.
func TestBatchWithCreations(t *testing.T) {
	t.Parallel()
	const taken = "invalid (email: email_taken)"
	before, after := userID(0), "f00000000000000000000000"
	for _, id := range []string{before, after} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			d := openSmall(t)
			got := d.together(t,
				d.creation(t, arthur, id, "u7@example.com"),
				d.item(t, arthur, perceval, setEmail("free@example.com")),
				d.creation(t, arthur, id, "U7@example.com"),
				d.creation(t, bohort, "e00000000000000000000000", "other@example.com"),
				d.creation(t, leodagan, "e00000000000000000000001", "u7@Example.com"))
			wantAnswers(t, got, taken, "", "", "operation_not_allowed (role: edit_not_allowed)", taken)
		})
	}
	t.Run("made, changed, and an administrator by then", func(t *testing.T) {
		t.Parallel()
		d := openSmall(t)
		made := d.creation(t, leodagan, after, "new@example.com")
		change := newItem(t.Context(), d.caller(merlin), after, &roundtable.Update{Patch: setPhone("1")})
		resign := d.item(t, leodagan, leodagan, setRole(roundtable.OrgManager))
		wantAnswers(t, d.together(t, made, change, resign), "", "", "")
		if rows := d.query(t, "SELECT version || ' ' || phone FROM users WHERE id = $1", after); len(rows) != 1 || rows[0] != "3 1" {
			t.Errorf("stored %q", rows)
		}
	})
}

// Of many who create the same address at once, exactly one does.
func TestOneOfManyCreatesAnAddress(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	results := make([]error, 16)
	var all sync.WaitGroup
	for i := range results {
		all.Go(func() {
			_, results[i] = d.CreateUser(t.Context(), d.caller([]int{arthur, leodagan}[i%2]), roundtable.Creation{Patch: roundtable.UserPatch{
				Email: some(fmt.Sprintf("%c%s", "nN"[i%2], "ew@example.com")), FirstName: some("New"), LastName: some("Comer"),
				Password: some("Roundtable!1"),
			}})
		})
	}
	all.Wait()
	made := 0
	for _, err := range results {
		if err == nil {
			made++
			continue
		}
		if refusal, ok := errors.AsType[*roundtable.Error](err); !ok || refusal.Code != roundtable.CodeInvalid {
			t.Errorf("answered %v", err)
		}
	}
	if rows := d.query(t, "SELECT id FROM users WHERE email_key = 'new@example.com'"); made != 1 || len(rows) != 1 {
		t.Errorf("%d made, %d stored", made, len(rows))
	}
}

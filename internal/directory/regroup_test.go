package directory

import (
	"fmt"
	"testing"

	"github.com/roundtable-directory/roundtable"
)

// regrouped changes groups in an operation of arthur's.
func (d *opened) regrouped(t *testing.T, changes ...regrouping) {
	t.Helper()
	_, err := changing(t.Context(), d.Directory, d.caller(arthur), len(changes), func(o *operation) (int, error) {
		if err := o.regroup(1, changes); err != nil {
			return 0, err
		}
		return 0, o.writeUsers()
	})
	if err != nil {
		t.Fatal(err)
	}
}

func accessEvent(id int, added, removed string) string {
	const head = `{"id":%d,"created_at":%d,"request_id":"request by 2","actor":{"user_id":'u2',"api_key_id":2},"changes":[{"field":"access",%s}],"effects":[]}`
	return fmt.Sprintf(head, id, noon.Unix(), `"added":[`+added+`],"removed":[`+removed+`]`)
}

func TestRegroup(t *testing.T) {
	t.Parallel()
	d, all := openSmall(t), Page{1, 30}
	d.regrouped(
		t,
		regrouping{shopID(5), nil, []int64{1, 1}},              // karadoc gains it
		regrouping{shopID(1), []int64{1, 3}, []int64{3, 2}},    // karadoc loses it, venec gains it
		regrouping{shopID(2), []int64{1, 4}, []int64{3, 1}},    // venec has one of its groups, not both
		regrouping{shopID(4), []int64{2, 4}, []int64{2}},       // nobody's
		regrouping{shopID(6), []int64{1}, []int64{1, 4}},       // karadoc has it still
		regrouping{shopID(3), []int64{2, 3}, []int64{3, 2, 2}}, // as it was
	)
	lines, _ := d.history(t, arthur, karadoc, all)
	wantLines(t, lines, accessEvent(2, `'b5'`, `'b1'`))
	lines, _ = d.history(t, arthur, venec, all)
	wantLines(t, lines, accessEvent(2, `'b1'`, ``))
	lines, _ = d.history(t, karadoc, karadoc, all)
	wantLines(t, lines, accessEvent(2, `'b5'`, `null`))

	d.regrouped(t, regrouping{shopID(1), []int64{2, 3}, nil}, regrouping{shopID(3), []int64{2, 3}, []int64{3}})
	lines, _ = d.history(t, arthur, venec, Page{1, 1})
	wantLines(t, lines, accessEvent(3, ``, `'b1','b3'`))
	if got := d.user(t, karadoc).Version; got != 2 {
		t.Errorf("karadoc has version %d", got)
	}
	if got := d.user(t, venec); got.Version != 3 || len(got.Accesses) != 1 {
		t.Errorf("venec has version %d and %v", got.Version, got.Accesses)
	}
}

// A long list is told by its beginning and its length, and only of managers of the
// organisation.
func TestRegroupMany(t *testing.T) {
	t.Parallel()
	const many = 1500
	groups := make([][]int64, many)
	d := open(t, seedOf([]SeedOrg{{ID: 1, ProviderID: 1}}, map[int64][]int64{1: {1}}, map[int64][]int64{1: {1}}, map[int64][][]int64{1: groups},
		[]roundtable.User{person(merlin, 1, roundtable.Provider), person(arthur, 1, roundtable.OrgAdmin), groupManager(3, 1, [][]int64{{1}})}), Options{})
	changes := make([]regrouping, many)
	for i := range changes {
		changes[i] = regrouping{business: shopID(many - i), after: []int64{1}}
	}
	d.regrouped(t, changes...)
	history, err := d.History(t.Context(), d.caller(arthur), userID(3), HistoryFilter{}, Page{1, 30})
	if err != nil || history.Count != 1 {
		t.Fatal(history, err)
	}
	change := history.Events[0].Changes[0]
	if change.AddedCount != many || change.RemovedCount != 0 || len(change.Added) != 1000*len(`"`+shopID(1)+`",`)+1 {
		t.Errorf("%d added, %d removed, %d bytes", change.AddedCount, change.RemovedCount, len(change.Added))
	}
}

func groupManager(n int, org int64, accesses [][]int64) roundtable.User {
	user := person(n, org, roundtable.GroupManager)
	user.Accesses = accesses
	return user
}

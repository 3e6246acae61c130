package directory

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable"
)

// Who READs whom (section 2): a line for each caller, a column for each user. A
// caller without line may not act at all.
func TestReadScope(t *testing.T) {
	t.Parallel()
	const (
		yes = '+'
		_   = '.' // not found
	)
	scope := map[int]string{
		//         MAGB KVPGYB GL LDC
		merlin:   "++++ ++++++ ++ ++.",
		arthur:   "++++ ++++++ ++ ...",
		guenever: "++++ ++++++ ++ ...",
		bohort:   "++++ ++++++ ++ ...",
		karadoc:  ".+++ +.++.. ++ ...",
		venec:    ".+++ .+..+. .. ...",
		perceval: ".+++ +.++.. ++ ...",
		gauvain:  ".+++ +.++.. .+ ...",
		yvain:    ".+++ .+..+. .. ...",
		blaise:   ".... .....+ .. ...",
		leodagan: ".... ...... .. ++.",
		demetra:  ".... ...... .. ++.",
		caius:    ".... ...... .. ..+",
	}
	d := openSmall(t)
	for by := merlin; by <= nobody; by++ {
		line, acts := scope[by]
		line = strings.ReplaceAll(line, " ", "")
		for target := merlin; target <= caius; target++ {
			want := "unauthenticated"
			if acts {
				if want = "not_found"; line[target-1] == yes {
					want = ""
				}
			}
			user, org, err := d.User(t.Context(), d.caller(by), userID(target))
			wantRefusal(t, fmt.Sprint("user ", by, " reads ", target), wrong(t, err), want)
			if want == "" && (user.ID != userID(target) || org.ID != user.OrgID) {
				t.Errorf("user %d reads %s for %d", by, user.ID, target)
			}
			// What cannot be read cannot be written, and is no more than not found.
			_, err = d.PreviewUser(t.Context(), d.caller(by), userID(target), roundtable.Update{Patch: setPhone("1")})
			if got := wrong(t, err); (got == "not_found") != (want == "not_found") || (got == "unauthenticated") != (want == "unauthenticated") {
				t.Errorf("user %d previews %d: %q", by, target, got)
			}
		}
		if acts {
			_, _, err := d.User(t.Context(), d.caller(by), userID(nobody))
			wantRefusal(t, "nobody", wrong(t, err), "not_found")
		}
	}
}

// GROUP_MANAGERs see each other where their businesses overlap, not where merely
// their groups do.
func TestManagersOfTheSameBusinessesSeeEachOther(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	for _, test := range []struct {
		accesses [][]int64 // of venec; karadoc has [[1]]
		want     string
	}{
		{[][]int64{{1, 3}}, ""},
		{[][]int64{{4}}, ""},
		{[][]int64{{2, 1}}, ""},
		{[][]int64{{2, 3}, {1, 4}}, ""},
		{[][]int64{{2}}, "not_found"},
		{[][]int64{{2, 3}, {2, 4}}, "not_found"},
		{[][]int64{}, "not_found"},
	} {
		d.update(t, arthur, venec, setAccesses(test.accesses...))
		for by, target := range map[int]int{karadoc: venec, venec: karadoc} {
			_, _, err := d.User(t.Context(), d.caller(by), userID(target))
			wantRefusal(t, fmt.Sprint("user ", by, " reads ", target, " with ", test.accesses), wrong(t, err), test.want)
		}
	}
	// Group 1 and group 4 meet in business 2 alone.
	d.exec(t, "DELETE FROM business_groups WHERE business_id = '"+shopID(2)+"' AND group_id = 4")
	d.update(t, arthur, venec, setAccesses([]int64{1, 4}))
	_, _, err := d.User(t.Context(), d.caller(karadoc), userID(venec))
	wantRefusal(t, "groups without a business", wrong(t, err), "not_found")
}

// A reader gets the lists whoever it is, and the members that are derived.
func TestUserIsWhole(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	for _, by := range []int{merlin, arthur, karadoc, gauvain, perceval} {
		user, _, err := d.User(t.Context(), d.caller(by), userID(perceval))
		if err != nil {
			t.Fatal(err)
		}
		want := manager(perceval, 1, 1, 2)
		want.EmailKey, want.Version = want.Email, 1
		want.Accesses, want.Keywords, want.Reports = [][]int64{}, []string{}, []string{}
		want.SidebarPages, want.ProviderLabel = roundtable.SidebarPages(), "kaamelott"
		want.AvailableFeatures = []string{"diffusion", "feedback_management", "messages", "posts", "review_invite", "review_management"}
		if !reflect.DeepEqual(*user, want) {
			t.Errorf("user %d reads\n%+v, want\n%+v", by, *user, want)
		}
	}
	if got := d.user(t, karadoc); !reflect.DeepEqual(got.Accesses, [][]int64{{1}}) || got.BusinessIDs == nil || len(got.BusinessIDs) > 0 {
		t.Errorf("karadoc has %v and %v", got.Accesses, got.BusinessIDs)
	}
}

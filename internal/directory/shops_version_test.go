package directory

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable"
)

// shopWriters are the files that write what searches remember of businesses and groups,
// and how they let searches know. A file that is missing here makes searches wrong.
var shopWriters = map[string]string{
	"business.go":       "statements of write_business.go, which regroups, and of seed.go; neither the organisation nor presence management of a business changes",
	"write_business.go": "regroups",
	"write_groups.go":   "raises the version; a name is not remembered",
	"regroup.go":        "raises the version",
	"org_deletion.go":   "the organisation is gone",
	"seed.go":           "before anybody searches",
}

func TestShopsVersionIsRaised(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	writes := regexp.MustCompile(`(INSERT INTO|UPDATE|DELETE FROM) (businesses|business_groups|groups)\b|insert\("(businesses|business_groups|groups)"`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(file, "_test.go") && writes.Match(text) && shopWriters[file] == "" {
			t.Errorf("%s writes businesses, groups or memberships: call shopsChanged, and name it in shopWriters", file)
		}
	}
}

// A group that was made after the businesses were read counts as soon as it is granted.
func TestSearchKnowsNewGroups(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	count := func(by int) int {
		n, err := d.CountUsers(t.Context(), d.caller(by), roundtable.UserSearch{HasBusinesses: some(true)})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if got := count(venec); got != 1 { // yvain, with 3
		t.Errorf("venec finds %d", got)
	}
	made, err := d.CreateGroup(t.Context(), d.caller(arthur), 1, roundtable.GroupEdit{Name: some("New"), Businesses: some(shopIDs(1, 5))})
	if err != nil {
		t.Fatal(err)
	}
	d.update(t, arthur, venec, setAccesses([]int64{made.ID}))
	if got := count(venec); got != 2 { // perceval and galessin, with 1
		t.Errorf("with the new group venec finds %d", got)
	}
}

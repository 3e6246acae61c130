package directory

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
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

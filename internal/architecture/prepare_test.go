package architecture

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
	"github.com/roundtable-directory/roundtable/internal/pgtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var (
	prepared = regexp.MustCompile(`^\s*(WITH|SELECT|INSERT|UPDATE|DELETE)\s`)
	numbered = regexp.MustCompile(`\$(\d+)`)
)

// TestPostgreSQLTakesEveryStatement has the server itself plan each statement that the
// sources hold whole, whether a test runs it or not.
func TestPostgreSQLTakesEveryStatement(t *testing.T) {
	t.Parallel()
	address := dbtest.NewTemplate(nil).Place(t, db.Options{}).Address
	count := 0
	for _, s := range parseRepository(t).statements() {
		if strings.Contains(s.text, hole) || strings.Contains(s.text, "%") || strings.Contains(s.text, "sqlite_") ||
			strings.Contains(s.text, "migration_lock") || !prepared.MatchString(s.text) || isPrelude(s.text) {
			continue
		}
		highest := 0
		for _, m := range numbered.FindAllStringSubmatch(s.text, -1) {
			n, _ := strconv.Atoi(m[1]) // digits
			highest = max(highest, n)
		}
		text := strings.ReplaceAll(s.text, "IN (?ids)", fmt.Sprintf("= ANY ($%d)", highest+1))
		text = strings.ReplaceAll(text, "VALUES (?rows)", "VALUES ("+placesFor(text)+")")
		if _, err := pgtest.SQL(t.Context(), address, "PREPARE it AS "+text); err != nil {
			t.Errorf("%s: %v in %q", s.at, err, s.text)
		}
		count++
	}
	if count < 100 {
		t.Errorf("only %d statements were found", count)
	}
	t.Logf("%d statements", count)
}

// isPrelude reports whether a text only begins statements: it ends where the query of its
// WITH would begin.
func isPrelude(text string) bool {
	return strings.HasPrefix(text, "WITH ") && strings.HasSuffix(text, ")")
}

// placesFor has a placeholder for each column that an INSERT names.
func placesFor(text string) string {
	_, columns, _ := strings.Cut(text, "(")
	columns, _, _ = strings.Cut(columns, ")")
	var places []string
	for n := range strings.Split(columns, ",") {
		places = append(places, fmt.Sprintf("$%d", n+1))
	}
	return strings.Join(places, ", ")
}

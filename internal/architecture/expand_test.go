package architecture

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A migration leaves the release before it able to work: it only adds, or takes away
// what that release does not use any more and says so (docs/decisions/0014-upgrades.md).

// part is a statement of a migration, with the comments before it.
type part struct {
	text     string // in one line
	comments string
}

// splitStatements splits a migration at the semicolons outside of quotes and comments.
// A comment belongs to the statement that begins after it.
func splitStatements(text string) []part {
	var parts []part
	var p part
	var code strings.Builder
	for i, quoted := 0, false; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\'':
			quoted = !quoted
			code.WriteByte(c)
		case !quoted && strings.HasPrefix(text[i:], "--"):
			comment, _, _ := strings.Cut(text[i:], "\n")
			if strings.TrimSpace(code.String()) == "" {
				p.comments += comment + "\n"
			}
			i += len(comment) - 1
		case !quoted && c == ';':
			p.text = strings.Join(strings.Fields(code.String()), " ")
			parts = append(parts, p)
			p = part{}
			code.Reset()
		default:
			code.WriteByte(c)
		}
	}
	return parts
}

var (
	contract     = regexp.MustCompile(`-- contract: (\w+)(\.\w+)? unused since schema (\d+)\n`)
	createTable  = regexp.MustCompile(`(?i)^CREATE TABLE (\w+)`)
	createIndex  = regexp.MustCompile(`(?i)^CREATE (UNIQUE )?INDEX \w+ ON (\w+)`)
	addColumn    = regexp.MustCompile(`(?i)^ALTER TABLE (\w+) ADD COLUMN (\w+) (.*)$`)
	updateColumn = regexp.MustCompile(`(?i)^UPDATE (\w+) SET (\w+) = [^,]*$`)
	insertInto   = regexp.MustCompile(`(?i)^INSERT INTO (\w+) `)
	reference    = regexp.MustCompile(`(?i)\bREFERENCES (\w+) ?\([^)]*\)( ON DELETE (?:CASCADE|SET NULL))?`)
	unsafeColumn = regexp.MustCompile(`(?i)\b(UNIQUE|PRIMARY KEY|REFERENCES|CHECK|GENERATED)\b`)
)

// expandFaults finds what of a migration the release before it may not survive.
func expandFaults(version int64, text string, used []statement) []string {
	fresh := map[string]bool{} // what this migration makes
	var faults []string
	fault := func(p part, why string) {
		faults = append(faults, fmt.Sprintf("%q: %s", p.text, why))
	}
	for _, p := range splitStatements(text) {
		if m := contract.FindStringSubmatch(p.comments); m != nil {
			since, _ := strconv.ParseInt(m[3], 10, 64)
			if since >= version {
				fault(p, fmt.Sprintf("the release before works with schema %d: what it uses cannot go yet", version-1))
			}
			for _, s := range used {
				if mentions(s.text, m[1]) && mentions(s.text, strings.TrimPrefix(m[2], ".")) {
					fault(p, "it is still used, at "+s.at)
				}
			}
			continue
		}
		if m := createTable.FindStringSubmatch(p.text); m != nil {
			fresh[m[1]] = true
			for _, to := range reference.FindAllStringSubmatch(p.text, -1) {
				if !fresh[to[1]] && to[2] == "" {
					fault(p, "the release before could not delete what it refers to: ON DELETE CASCADE or SET NULL")
				}
			}
			continue
		}
		if m := createIndex.FindStringSubmatch(p.text); m != nil {
			if m[1] != "" && !fresh[m[2]] {
				fault(p, "what the release before writes may break it")
			}
			continue
		}
		if m := addColumn.FindStringSubmatch(p.text); m != nil {
			fresh[m[1]+"."+m[2]] = true
			rest := strings.ToUpper(m[3])
			if unsafeColumn.MatchString(rest) || strings.Contains(rest, "NOT NULL") && !strings.Contains(rest, "DEFAULT") {
				fault(p, "what the release before writes has no value for it")
			}
			continue
		}
		if m := updateColumn.FindStringSubmatch(p.text); m != nil && (fresh[m[1]] || fresh[m[1]+"."+m[2]]) {
			continue
		}
		if m := insertInto.FindStringSubmatch(p.text); m != nil && fresh[m[1]] {
			continue
		}
		fault(p, "it does more than add; if it takes away what the release before does not use, say so before it: -- contract: table.column unused since schema 1")
	}
	return faults
}

func mentions(text, name string) bool {
	return name == "" || regexp.MustCompile(`\b`+name+`\b`).MatchString(text)
}

func TestMigrationsOnlyExpand(t *testing.T) {
	used := parseRepository(t).statements()
	for _, engine := range []string{"sqlite", "postgres"} {
		folder := "internal/db/migrations/" + engine
		entries, err := os.ReadDir(root + "/" + folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			name := path.Join(folder, entry.Name())
			number, _, _ := strings.Cut(entry.Name(), "_")
			version, err := strconv.ParseInt(number, 10, 64)
			if err != nil || version < 1 {
				t.Errorf("%s does not begin with its number", name)
			}
			if version == 1 {
				continue // there was nothing before
			}
			for _, fault := range expandFaults(version, page(t, name), used) {
				t.Errorf("%s: %s", name, fault)
			}
		}
	}
}

// Each rule is seen to let pass and to catch.
func TestExpandFaults(t *testing.T) {
	used := []statement{{"users.go:7", "SELECT phone FROM users"}}
	for text, want := range map[string]int{
		"-- +goose Up\nCREATE TABLE a (id INTEGER PRIMARY KEY, b TEXT NOT NULL); -- why; not\nCREATE UNIQUE INDEX i ON a (b);": 0,
		"CREATE TABLE a (b TEXT REFERENCES users (id));":                                                                       1,
		"CREATE TABLE a (b TEXT REFERENCES users (id) ON DELETE CASCADE);":                                                     0,
		"CREATE TABLE a (b TEXT); CREATE TABLE c (d TEXT REFERENCES a (b));":                                                   0,
		"CREATE INDEX i ON users (phone);":                                                                                     0,
		"CREATE UNIQUE INDEX i ON users (phone);":                                                                              1,
		"ALTER TABLE users ADD COLUMN a TEXT;":                                                                                 0,
		"ALTER TABLE users ADD COLUMN a TEXT NOT NULL DEFAULT 'x;y -- z';":                                                     0,
		"ALTER TABLE users ADD COLUMN a TEXT NOT NULL;":                                                                        1,
		"ALTER TABLE users ADD COLUMN a TEXT UNIQUE;":                                                                          1,
		"ALTER TABLE users ADD COLUMN a TEXT REFERENCES b (id);":                                                               1,
		"ALTER TABLE users ADD COLUMN a TEXT; UPDATE users SET a = lower(phone) WHERE phone <> '';":                            0,
		"ALTER TABLE users ADD COLUMN a TEXT; UPDATE users SET a = phone, phone = '';":                                         1,
		"UPDATE users SET phone = '';":                                                                                         1,
		"CREATE TABLE a (id TEXT); INSERT INTO a (id) SELECT id FROM users;":                                                   0,
		"INSERT INTO users (id) SELECT 'x';":                                                                                   1,
		"DELETE FROM users;":                                                                                                   1,
		"DROP TABLE links;":                                                                                                    1,
		"ALTER TABLE users DROP COLUMN fax;":                                                                                   1,
		"ALTER TABLE users RENAME COLUMN phone TO telephone;":                                                                  1,
		"ALTER TABLE users ALTER COLUMN phone SET NOT NULL;":                                                                   1,
		"-- contract: users.fax unused since schema 6\nALTER TABLE users DROP COLUMN fax;":                                     0,
		"-- contract: users.fax unused since schema 7\nALTER TABLE users DROP COLUMN fax;":                                     1,
		"-- contract: users.phone unused since schema 6\nALTER TABLE users DROP COLUMN phone;":                                 1,
		"-- contract: links unused since schema 5\nDROP TABLE links;":                                                          0,
		"-- contract: users unused since schema 5\nDROP TABLE users;":                                                          1,
		"-- contract: links unused since schema 5\nDROP TABLE links; DROP TABLE mails;":                                        1,
		"CREATE TABLE a (id TEXT -- contract: links unused since schema 5\n); DROP TABLE links;":                               1,
	} {
		if got := expandFaults(7, text, used); len(got) != want {
			t.Errorf("%s: %d faults, want %d: %q", text, len(got), want, got)
		}
	}
}

// fixtureFaults wants the rows of every schema before head to be kept.
func fixtureFaults(head int64, kept []int64) []string {
	var faults []string
	for version := range head {
		if version > 0 && !slices.Contains(kept, version) {
			faults = append(faults, fmt.Sprintf("internal/db/testdata/released/%05d is missing: it holds the schema before the newest, with rows in every table (docs/decisions/0014-upgrades.md)", version))
		}
	}
	return faults
}

func TestEverySchemaHasAFixture(t *testing.T) {
	entries, err := os.ReadDir(root + "/internal/db/testdata/released")
	if err != nil {
		t.Fatal(err)
	}
	var kept []int64
	for _, entry := range entries {
		version, err := strconv.ParseInt(entry.Name(), 10, 64)
		if err != nil {
			t.Errorf("%s is no version", entry.Name())
		}
		kept = append(kept, version)
	}
	migrations, err := os.ReadDir(root + "/internal/db/migrations/sqlite")
	if err != nil {
		t.Fatal(err)
	}
	last := slices.MaxFunc(migrations, func(a, b os.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) }).Name()
	head, _ := strconv.ParseInt(last[:5], 10, 64)
	report(t, fixtureFaults(head, kept))
	if got := fixtureFaults(4, []int64{1, 3}); len(got) != 1 || !strings.Contains(got[0], "00002") {
		t.Errorf("a missing fixture is told as %q", got)
	}
	if got := fixtureFaults(2, []int64{1}); len(got) > 0 {
		t.Errorf("%q", got)
	}
}

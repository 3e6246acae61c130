package architecture

import (
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// refusal is what one of the engines that speak PostgreSQL's language does not take.
// docs/operations.md says the same in its section "Other engines", with who refuses.
type refusal struct {
	what    string
	pattern *regexp.Regexp
}

func refuse(what, pattern string) refusal {
	return refusal{what, regexp.MustCompile(`(?i)` + pattern)}
}

func refusals() []refusal {
	return []refusal{
		refuse("LISTEN and NOTIFY", `^\s*(LISTEN|NOTIFY|UNLISTEN)\b|\bpg_notify\b`),
		refuse("advisory locks", `\bpg_(try_)?advisory_`),
		refuse("triggers", `\b(CREATE|ALTER|DROP)\s+(CONSTRAINT\s+)?TRIGGER\b`),
		refuse("rules", `\bCREATE\s+(OR\s+REPLACE\s+)?RULE\b`),
		refuse("functions and procedures", `\bCREATE\s+(OR\s+REPLACE\s+)?(FUNCTION|PROCEDURE)\b|\bLANGUAGE\s+'?plpgsql|^\s*DO\s+\$|^\s*CALL\b`),
		refuse("LOCK TABLE", `^\s*LOCK\b`),
		refuse("FOR UPDATE and FOR SHARE", `\bFOR\s+(NO\s+KEY\s+)?UPDATE\b|\bFOR\s+(KEY\s+)?SHARE\b`),
		refuse("deferrable constraints", `\bDEFERR(ABLE|ED)\b`),
		refuse("exclusion constraints", `\bEXCLUDE\s+USING\b`),
		refuse("domains and types", `\bCREATE\s+(DOMAIN|TYPE)\b`),
		refuse("extensions", `\bCREATE\s+EXTENSION\b`),
		refuse("inheritance and partitions", `\bINHERITS\s*\(|\bPARTITION\s+BY\b.*\bOF\b|\bPARTITION\s+OF\b`),
		refuse("unlogged and temporary tables, table spaces", `\bUNLOGGED\b|\bCREATE\s+(LOCAL\s+|GLOBAL\s+)?TEMP|\bTABLESPACE\b`),
		refuse("cursors", `^\s*(DECLARE|FETCH|MOVE)\b|\bWITH\s+HOLD\b`),
		refuse("system columns", `\b(ctid|xmin|xmax|cmin|cmax|tableoid)\b`),
		refuse("TABLESAMPLE", `\bTABLESAMPLE\b`),
		refuse("grouping sets", `\b(GROUPING\s+SETS|CUBE|ROLLUP)\b`),
		refuse("changing the type of a column", `\bALTER\s+COLUMN\s+\w+\s+(SET\s+DATA\s+)?TYPE\b`),
		refuse("two-phase commit", `\bPREPARE\s+TRANSACTION\b`),
		refuse("transaction numbers and snapshots", `\bxid8?\b|\btxid_|\bpg_current_(xact_id|snapshot)|\bpg_snapshot`),
		refuse(`columns that are COLLATE "C"`, `(?s)^\s*(CREATE|ALTER)\b.*\bTEXT\s+COLLATE\s+"C"`),
		refuse("COPY", `^\s*COPY\b`),
		refuse("every column by *, which a newer schema changes", `\bSELECT\s+(\w+\.)?\*`),
		refuse("INSERT without naming columns, which a newer schema changes", `\bINSERT\s+INTO\s+\w+\s+(VALUES|SELECT|DEFAULT)\b`),
	}
}

// allowed is where we take what an engine refuses all the same, and why. Each stands in
// docs/operations.md under "Other engines", as what is in the way there.
func allowances() map[string][]string {
	return map[string][]string{
		"transaction numbers and snapshots": {
			"internal/directory/rosters_moment.go",                // the events of transactions that were not visible before
			"internal/db/migrations/postgres/00001_directory.sql", // the column that they are found by
		},
		`columns that are COLLATE "C"`: {"internal/db/migrations/postgres/00001_directory.sql"},
		"FOR UPDATE and FOR SHARE": {
			"internal/db/postgres_migrate.go", // one row, which is nobody's data
		},
	}
}

// migrationStatements are the statements of PostgreSQL's migrations.
func migrationStatements(t *testing.T) []statement {
	t.Helper()
	const folder = "internal/db/migrations/postgres"
	entries, err := os.ReadDir(root + "/" + folder)
	if err != nil {
		t.Fatal(err)
	}
	var all []statement
	for _, entry := range entries {
		name := path.Join(folder, entry.Name())
		for _, part := range splitStatements(page(t, name)) {
			all = append(all, statement{name, part.text})
		}
	}
	return all
}

// TestOtherEngines holds every statement against what CockroachDB, YugabyteDB or Citus
// refuse.
func TestOtherEngines(t *testing.T) {
	all := append(parseRepository(t).statements(), migrationStatements(t)...)
	all = slices.DeleteFunc(all, func(s statement) bool { return strings.HasPrefix(s.at, "bench/") }) // limits of one engine
	if len(all) < 150 {
		t.Errorf("only %d statements were found", len(all))
	}
	used := map[string]bool{}
	for _, r := range refusals() {
		for _, s := range all {
			file, _, _ := strings.Cut(s.at, ":")
			switch {
			case !r.pattern.MatchString(s.text), strings.HasPrefix(file, "bench/"): // which measures PostgreSQL itself
			case slices.Contains(allowances()[r.what], file):
				used[r.what+file] = true
			default:
				t.Errorf("%s: %s, in %q: some engines refuse it (docs/operations.md, Other engines)", s.at, r.what, s.text)
			}
		}
	}
	for what, files := range allowances() {
		for _, file := range files {
			if !used[what+file] {
				t.Errorf("%s no longer needs %s: take the allowance out, here and in docs/operations.md", file, what)
			}
		}
	}
}

// The document and the list say the same.
func TestOtherEnginesAreTold(t *testing.T) {
	_, section, _ := strings.Cut(page(t, "docs/operations.md"), "\n## Other engines\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, r := range refusals() {
		if !strings.Contains(section, "| "+r.what+" |") {
			t.Errorf("docs/operations.md does not tell of %s in its section Other engines", r.what)
		}
	}
}

// Each rule is seen to catch what it is for.
func TestRefusalsCatch(t *testing.T) {
	for what, texts := range map[string][]string{
		"LISTEN and NOTIFY":          {"LISTEN changes", "SELECT pg_notify('a', 'b')"},
		"advisory locks":             {"SELECT pg_advisory_xact_lock(1)", "SELECT pg_try_advisory_lock(1)"},
		"triggers":                   {"CREATE TRIGGER t AFTER UPDATE ON users EXECUTE FUNCTION f()"},
		"rules":                      {"CREATE RULE r AS ON UPDATE TO users DO NOTHING"},
		"functions and procedures":   {"CREATE OR REPLACE FUNCTION f() RETURNS int", "DO $$ BEGIN END $$"},
		"LOCK TABLE":                 {"LOCK TABLE users IN SHARE MODE"},
		"FOR UPDATE and FOR SHARE":   {"SELECT id FROM users FOR UPDATE", "SELECT id FROM users FOR KEY SHARE", "SELECT 1 FROM users FOR NO KEY UPDATE"},
		"deferrable constraints":     {"ALTER TABLE users ADD UNIQUE (email) DEFERRABLE INITIALLY DEFERRED"},
		"exclusion constraints":      {"ALTER TABLE a ADD EXCLUDE USING gist (c WITH &&)"},
		"domains and types":          {"CREATE TYPE role AS ENUM ('a')", "CREATE DOMAIN d AS text"},
		"extensions":                 {"CREATE EXTENSION citext"},
		"inheritance and partitions": {"CREATE TABLE a () INHERITS (b)", "CREATE TABLE a PARTITION OF b DEFAULT"},
		"unlogged and temporary tables, table spaces": {"CREATE UNLOGGED TABLE a (b int)", "CREATE TEMP TABLE a (b int)", "CREATE INDEX i ON a (b) TABLESPACE c"},
		"cursors":                           {"DECLARE c CURSOR WITH HOLD FOR SELECT 1", "FETCH 10 FROM c"},
		"system columns":                    {"SELECT ctid FROM users"},
		"TABLESAMPLE":                       {"SELECT id FROM users TABLESAMPLE SYSTEM (1)"},
		"grouping sets":                     {"SELECT count(*) FROM users GROUP BY ROLLUP (role)"},
		"changing the type of a column":     {"ALTER TABLE a ALTER COLUMN b TYPE bigint", "ALTER TABLE a ALTER COLUMN b SET DATA TYPE bigint"},
		"two-phase commit":                  {"PREPARE TRANSACTION 'a'"},
		"transaction numbers and snapshots": {"SELECT pg_current_xact_id()", "SELECT txid_current()", "SELECT $1::xid8"},
		`columns that are COLLATE "C"`:      {`CREATE TABLE a (b TEXT COLLATE "C" NOT NULL)`},
		"COPY":                              {"COPY users FROM STDIN"},
		"every column by *, which a newer schema changes":             {"SELECT * FROM users", "SELECT u.* FROM users u"},
		"INSERT without naming columns, which a newer schema changes": {"INSERT INTO users VALUES ($1)"},
	} {
		r := refusals()[slices.IndexFunc(refusals(), func(r refusal) bool { return r.what == what })]
		for _, text := range texts {
			if !r.pattern.MatchString(text) {
				t.Errorf("%s does not catch %q", what, text)
			}
		}
	}
	for _, r := range refusals() {
		for _, text := range []string{
			"SELECT count(*) FROM users", "INSERT INTO users (id) VALUES ($1)", "SELECT format FROM rules WHERE locked AND copy = 1",
			"SELECT id FROM users WHERE version = $1 ORDER BY id LIMIT 1", "UPDATE users SET lang = $1",
		} {
			if r.pattern.MatchString(text) {
				t.Errorf("%s catches %q", r.what, text)
			}
		}
	}
}

package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/api"
	"github.com/roundtable-directory/roundtable/internal/apitest"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
	"github.com/roundtable-directory/roundtable/internal/demo"
	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// A script is testdata/*.txt. {737} and {b04} stand for the demo user and business; # begins a comment line.
//
//	=== a name                                      a fresh demo company, the same as far as the next such line
//	sql UPDATE orgs SET version = 2 WHERE id = 123  plant 737: one of everything that lets that user in
//	wait 61s                                        key thin {702} {"addresses": ["::1"], "expires": "2026-03-01"}: one more key
//	POST /v2/user/{737} key=demo-org-admin          from=203.0.113.7 listen=0.0.0.0 proxies=10.0.0.0/8 may follow
//	If-Match: "1.1-full"                            headers; Content-Type is application/json where there is a body
//	{"phone": "1"}                                  the body, or: raw `{"phone": "` "1"*33 `"}`
//	=> made "2.1-full"                              a creation; {new} stands for the id from here on
//	=> 200                                          => 400 phone:invalid_phone names what is wrong; => ok "2.1-full" is a success and its tag
//	ETag: "2.1-full"                                headers, "*" for any; Roundtable-Ignored is absent unless it is named
//	{"id": "{737}", "status": "success"}            the JSON body, in it "*" stands for anything but null
//	event {737} 2                                   the event of that user and version; it stands for the user's own rows, too
//	  phone: null -> "1"                            before and after; for lists keywords: +["new"] -["gone"]
//	  sessions_ended 1                              an effect
//	keep fresh api_key                              a member of the body; {{fresh}} stands for it in what follows
//	row -sessions 7371                              a row that is gone (-), new (+; its key may be *), or changed (~table key column column)
//
// A request changes the rows that its expectation names, and nothing else.
func TestScripts(t *testing.T) {
	t.Parallel()
	for _, s := range readScripts(t) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.run(t)
		})
	}
}

func readScripts(t *testing.T) []script {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	var all []script
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		scripts, err := parseScripts(strings.TrimSuffix(filepath.Base(file), ".txt"), string(text))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, scripts...)
	}
	return all
}

func (s script) run(t *testing.T) {
	c := newCompany(t)
	before, made, known := c.dump(t), "", apitest.Known{}
	for _, step := range s.steps {
		if step.verb != "" {
			c.setUp(t, step)
			before = c.dump(t)
			continue
		}
		step = step.fillMade(t, &made, nil)
		step.call = known.Fill(step.call)
		ok := t.Run(fmt.Sprintf("line %d", step.line), func(t *testing.T) {
			got := c.sendTo(t, step.at, step.call)
			step = step.fillMade(t, &made, &got)
			step.check(t, got)
			after := c.dump(t)
			c.checkRows(t, step, got, before.changes(after), before, after)
			step.keep(t, known, got)
			c.checkSecrets(t, step, got, after)
			before = after
		})
		if !ok {
			t.Logf("%s %.200s %.500s", step.call.Method, step.call.Target, step.call.Body)
		}
	}
	c.checkOrphans(t, before)
}

// setUp brings a company into another state, behind the back of the server.
func (c *company) setUp(t *testing.T, s step) {
	t.Helper()
	switch s.verb {
	case "sql":
		c.exec(t, s.argument)
	case "plant":
		text, err := os.ReadFile("testdata/credentials.sql")
		if err != nil {
			t.Fatal(err)
		}
		_, rows, _ := strings.Cut(string(text), "\n") // the first line is a comment
		rows = strings.NewReplacer("{n}", s.argument, "{user}", demo.User(s.argument)).Replace(strings.TrimSuffix(strings.TrimSpace(rows), ";"))
		for statement := range strings.SplitSeq(rows, ";") {
			c.exec(t, statement)
		}
	case "wait":
		d, err := time.ParseDuration(s.argument)
		if err != nil {
			t.Fatal(err)
		}
		c.now.Add(int64(d.Seconds()))
	case "key":
		parts := strings.SplitN(s.argument+" {}", " ", 3)
		c.plantKey(t, parts[0], parts[1], strings.TrimSuffix(parts[2], " {}"))
	}
}

func (c *company) exec(t *testing.T, statement string, args ...any) {
	t.Helper()
	err := c.db.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(dbtest.Portable(statement), args...)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// plantKey plants an API key.
func (c *company) plantKey(t *testing.T, name, owner, options string) {
	t.Helper()
	var o struct {
		Expires     *string
		Addresses   []string
		Permissions []string
		Revoked     bool
	}
	if err := json.Unmarshal([]byte(options), &o); err != nil {
		t.Fatalf("key %s: %v", name, err)
	}
	key := directory.SeedKey{Hash: secret.HashAPIKey(name), Label: name, APIKey: roundtable.APIKey{
		UserID: owner, ExpirationDate: o.Expires, IPWhitelist: o.Addresses,
		HasRestrictedPermissions: o.Permissions != nil, Permissions: o.Permissions,
	}}
	if err := directory.Plant(t.Context(), c.db, directory.Seed{Keys: []directory.SeedKey{key}}, noon*1e6); err != nil {
		t.Fatal(err)
	}
	if o.Revoked {
		c.exec(t, "UPDATE api_keys SET revoked_at = 1 WHERE label = $1", name)
	}
}

func (s step) check(t *testing.T, got answer) {
	t.Helper()
	want := s.want
	header := maps.Clone(want.header)
	for name, value := range header {
		if value == "*" && got.header.Get(name) != "" {
			delete(header, name)
		}
	}
	switch {
	case want.status >= http.StatusBadRequest && want.body == nil && s.call.Method != http.MethodHead:
		wantError(t, got, want.status, header, want.fields...)
	default:
		wantAnswer(t, got, want.status, header, want.body)
	}
}

// checkRows holds the rows that a request changed against those it was to change.
func (c *company) checkRows(t *testing.T, s step, got answer, changes map[string]rowChange, before, after dump) {
	t.Helper()
	for _, event := range s.want.events {
		event.check(t, c, s, got, changes, before, after)
	}
	var told []string
	for key, change := range changes {
		told = append(told, change.tell(key))
	}
	slices.Sort(told)
	want := slices.Sorted(slices.Values(withKeys(s.want.rows, told)))
	if !slices.Equal(told, want) {
		t.Errorf("rows changed:\n\t%s\nwant:\n\t%s", strings.Join(told, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// withKeys puts the keys of rows that were told in the place of those that nobody can
// know before: "+table *".
func withKeys(want, told []string) []string {
	want = slices.Clone(want)
	for i, row := range want {
		begin, unknown := strings.CutSuffix(row, " *")
		if !unknown {
			continue
		}
		for _, told := range told {
			if strings.HasPrefix(told, begin+" ") && !slices.Contains(want, told) {
				want[i] = told
				break
			}
		}
	}
	return want
}

// checkSecrets wants a posted password nowhere: not in the reply, the log, the
// database. A new API key stands in the reply alone.
func (c *company) checkSecrets(t *testing.T, s step, got answer, after dump) {
	t.Helper()
	var shown struct {
		Secret string `json:"api_key"`
		Token  string
	}
	if json.Unmarshal(got.body, &shown) == nil {
		for _, secret := range []string{shown.Secret, strings.TrimPrefix(shown.Token, `\x`)} {
			if secret != "" && strings.Contains(c.log.String()+fmt.Sprint(after), secret) {
				t.Error("the new secret stands in the log or the database")
			}
		}
	}
	var posted struct{ Password any }
	if json.Unmarshal(s.call.Body, &posted) != nil {
		return
	}
	password, ok := posted.Password.(string)
	if !ok || password == "" || password == "***" {
		return
	}
	places := map[string]string{"reply": string(got.body), "headers": fmt.Sprint(got.header), "log": c.log.String(), "database": fmt.Sprint(after)}
	for place, text := range places {
		if strings.Contains(text, password) {
			t.Errorf("the password stands in the %s", place)
		}
	}
}

// TestEveryRouteHasAScript walks the route table.
func TestEveryRouteHasAScript(t *testing.T) {
	t.Parallel()
	succeeded := map[string]bool{}
	for _, s := range readScripts(t) {
		for _, step := range s.steps {
			if step.want.status == http.StatusOK {
				path, _, _ := strings.Cut(step.call.Target, "?")
				for _, route := range api.Routes() {
					if matches(route.Path, strings.TrimSuffix(path, "/")) {
						succeeded[step.call.Method+" "+route.Path] = true
					}
				}
			}
		}
	}
	for _, route := range api.Routes() {
		if !succeeded[route.Method+" "+route.Path] {
			t.Errorf("no script shows %s %s succeed", route.Method, route.Path)
		}
	}
}

// matches compares a path with a pattern of the route table.
func matches(pattern, path string) bool {
	return slices.EqualFunc(strings.Split(pattern, "/"), strings.Split(path, "/"), func(p, s string) bool {
		return p == s || strings.HasPrefix(p, "{") && s != "me"
	})
}

package api_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/api"
	"github.com/roundtable-directory/roundtable/internal/apitest"
)

// matrixLine is a request of testdata/routes.txt, and what each caller is answered.
type matrixLine struct {
	number         int
	given          []apitest.Call // come before, in a company of their own
	planted        []string       // statements that come before
	method, target string
	body           string
	tenant         string // whose the target is
	cells          []cell // for each of the callers
}

// cell is what a caller is answered.
type cell struct {
	status int
	count  string // of a list; empty: it is not looked at
}

func readCell(t *testing.T, text string) cell {
	t.Helper()
	status, count, _ := strings.Cut(text, "=")
	number, err := strconv.Atoi(status)
	if err != nil {
		t.Fatal(err)
	}
	return cell{number, count}
}

// is compares the cell with an answer.
func (c cell) is(got answer) bool {
	var list struct{ Count json.Number }
	return got.status == c.status && (c.count == "" || json.Unmarshal(got.body, &list) == nil && list.Count.String() == c.count)
}

// route is the line of the route table that the request is for.
func (l matrixLine) route() api.Route {
	path, _, _ := strings.Cut(l.target, "?")
	for _, route := range api.Routes() {
		if route.Method == l.method && matches(route.Path, path) {
			return route
		}
	}
	return api.Route{}
}

// as is the request made with a key.
func (l matrixLine) as(key string) apitest.Call { return call(l.method, l.target, key, l.body) }

// readMatrix reads testdata/routes.txt. The key of who has none is empty.
func readMatrix(t *testing.T) (callers []string, lines []matrixLine) {
	t.Helper()
	text, err := os.ReadFile("../../testdata/routes.txt")
	if err != nil {
		t.Fatal(err)
	}
	next := matrixLine{}
	for i, line := range strings.Split(expandIDs(string(text)), "\n") {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0] == "#":
		case words[0] == "callers":
			callers = append(words[1:len(words)-1:len(words)-1], "")
		case words[0] == "planted":
			next.planted = append(next.planted, strings.TrimPrefix(line, "planted "))
		case words[0] == "given":
			parts := strings.SplitN(line, " ", 5)
			next.given = append(next.given, call(parts[1], parts[2], parts[3], parts[4]))
		case line[0] != ' ':
			parts := append(strings.SplitN(line, " ", 3), "")
			next.method, next.target, next.body = parts[0], parts[1], parts[2]
		default:
			next.number, next.tenant, next.cells = i+1, words[0], nil
			for _, text := range words[1:] {
				next.cells = append(next.cells, readCell(t, text))
			}
			if len(next.cells) != len(callers) {
				t.Fatalf("line %d: %d cells for %d callers", i+1, len(next.cells), len(callers))
			}
			lines, next = append(lines, next), matrixLine{}
		}
	}
	return callers, lines
}

// TestMatrix asks a server every cell of testdata/routes.txt.
func TestMatrix(t *testing.T) {
	t.Parallel()
	callers, lines := readMatrix(t)
	for part := range 4 { // side by side
		t.Run(fmt.Sprintf("part %d", part), func(t *testing.T) {
			t.Parallel()
			m := &matrix{callers: callers}
			defer func() { m.end() }()
			for i, line := range lines {
				if i%4 == part {
					m.check(t, line)
				}
			}
		})
	}
}

// matrix asks line after line; a company that nothing has happened to serves on.
type matrix struct {
	callers []string
	c       *company
	before  dump
	period
}

// period is a part of a test at whose end is cleaned up, so that what many companies
// take is not all taken at once.
type period struct {
	testing.TB
	cleanups []func()
}

func (p *period) Cleanup(f func()) { p.cleanups = append(p.cleanups, f) }

func (p *period) end() {
	for _, f := range slices.Backward(p.cleanups) {
		f()
	}
	p.cleanups = nil
}

// renew brings about the company that a line is asked of.
func (m *matrix) renew(t *testing.T, line matrixLine) {
	t.Helper()
	m.end()
	m.TB = t
	m.c = newCompany(&m.period)
	for _, statement := range line.planted {
		m.c.exec(t, statement)
	}
	for _, call := range line.given {
		if got := m.c.send(t, call); got.status != 200 {
			t.Fatalf("%s %s: %d %s", call.Method, call.Target, got.status, got.body)
		}
	}
	m.before = m.c.dump(t)
}

func (m *matrix) check(t *testing.T, line matrixLine) {
	t.Helper()
	alone := line.given != nil || line.planted != nil
	fresh := m.c != nil && !alone
	for i, key := range m.callers {
		if !fresh {
			m.renew(t, line)
		}
		got := m.c.send(t, line.as(key))
		if want := line.cells[i]; !want.is(got) {
			t.Errorf("line %d: %s %s %s by %q: %d, want %v\n%.300s", line.number, line.method, line.target, line.body, key, got.status, want, got.body)
		}
		fresh = true
		if line.method == "GET" {
			continue
		}
		changed := m.before.changes(m.c.dump(t))
		if fresh = len(changed) == 0; !fresh && got.status >= 400 {
			t.Errorf("line %d: %s %s by %q answers %d and changes %v", line.number, line.method, line.target, key, got.status, changed)
		}
	}
	if alone || !fresh {
		m.c = nil
	}
}

// TestMatrixIsWhole: the matrix holds every route, for each tenant that a request
// can name there.
func TestMatrixIsWhole(t *testing.T) {
	t.Parallel()
	_, lines := readMatrix(t)
	tenants := map[string][]string{}
	for _, line := range lines {
		route := line.route()
		if route.Path == "" || route.Public {
			t.Errorf("line %d: no route %s %s", line.number, line.method, line.target)
		}
		tenants[route.Method+" "+route.Path] = append(tenants[route.Method+" "+route.Path], line.tenant)
	}
	for _, route := range api.Routes() {
		if route.Public {
			continue
		}
		wanted := []string{"own"}
		if strings.Contains(route.Path, "{") {
			wanted = append(wanted, "sister", "foreign", "nobody")
		}
		for _, tenant := range wanted {
			if !slices.Contains(tenants[route.Method+" "+route.Path], tenant) {
				t.Errorf("%s %s: testdata/routes.txt lacks a line for %s", route.Method, route.Path, tenant)
			}
		}
	}
}

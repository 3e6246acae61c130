package architecture

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// rule is one of the checks, run on a small tree.
type rule func(*tree) []string

func imports(table importTable) rule {
	return func(t *tree) []string { return t.importFaults(table) }
}

// TestRulesCatch proves that each rule can fail, and where it must not.
func TestRulesCatch(t *testing.T) {
	const doc = "// Package p is here.\npackage p\n"
	tests := map[string]struct {
		file, text string
		rule       rule
		want       string // part of the only fault; empty: none
	}{
		"own package, not in the table": {"p/p.go", doc + `import _ "example.org/m/q"`, imports(importTable{"p": {"."}}), "imports ./q"},
		"own package, in the table":     {"p/p.go", doc + `import _ "example.org/m/q"`, imports(importTable{"p": {"q"}, "q": nil}), "row for q"},
		"root package":                  {"p/p.go", doc + `import _ "example.org/m"`, imports(importTable{"p": {"."}}), ""},
		"outside module":                {"p/p.go", doc + `import _ "example.com/x/sub"`, imports(importTable{"p": {"example.com/x"}}), ""},
		"another outside module":        {"p/p.go", doc + `import _ "example.com/xy"`, imports(importTable{"p": {"example.com/x"}}), "imports example.com/xy"},
		"standard library":              {"p/p.go", doc + `import _ "net/http"`, imports(importTable{"p": nil}), ""},
		"cgo":                           {"p/p.go", doc + `import "C"`, imports(importTable{"p": nil}), "imports C"},
		"anything":                      {"p/p.go", doc + `import _ "example.com/x"`, imports(importTable{"p": {anything}}), ""},
		"unlisted package":              {"p/p.go", doc, imports(nil), "p is missing"},
		"a test is free":                {"p/p_test.go", doc + `import _ "example.com/x"`, imports(nil), ""},

		"no package comment": {"p/p.go", "package p\n", (*tree).commentFaults, "no package comment"},
		"only a directive":   {"p/p.go", "//go:generate x\npackage p\n", (*tree).commentFaults, "no package comment"},
		"tests alone":        {"p/p_test.go", "package p\n", (*tree).commentFaults, "tests only"},
		"package comment":    {"p/p.go", doc, (*tree).commentFaults, ""},

		"vague directory": {"helpers/p.go", doc, (*tree).nameFaults, "helpers"},
		"vague package":   {"p/p.go", "package util\n", (*tree).nameFaults, "p: name"},
		"honest name":     {"p/p.go", doc, (*tree).nameFaults, ""},

		"init":               {"p/p.go", doc + "func init() {}", (*tree).stateFaults, "init"},
		"method named init":  {"p/p.go", doc + "func (t T) init() {}", (*tree).stateFaults, ""},
		"bare variable":      {"p/p.go", doc + "var count int", (*tree).stateFaults, "variable count"},
		"variable in a list": {"p/p.go", doc + "var (\n a = []int{1}\n b = 2\n)", (*tree).stateFaults, "variable b"},
		"empty map":          {"p/p.go", doc + "var cache = map[string]int{}", (*tree).stateFaults, "variable cache"},
		"call":               {"p/p.go", doc + "var log = slog.Default()", (*tree).stateFaults, "variable log"},
		"error":              {"p/p.go", doc + `var ErrX = errors.New("x")`, (*tree).stateFaults, ""},
		"table":              {"p/p.go", doc + `var names = map[int]string{1: "one"}`, (*tree).stateFaults, ""},
		"pattern":            {"p/p.go", doc + `var id = regexp.MustCompile("x")`, (*tree).stateFaults, ""},
		"pool":               {"p/p.go", doc + "var pool = sync.Pool{New: f}", (*tree).stateFaults, ""},
		"made once":          {"p/p.go", doc + "var one = sync.OnceValue(f)", (*tree).stateFaults, ""},
		"embedded file":      {"p/p.go", doc + "//go:embed x\nvar page string", (*tree).stateFaults, ""},
		"promise":            {"p/p.go", doc + "var _ I = (*T)(nil)", (*tree).stateFaults, ""},

		"long file":         {"p/p.go", doc + strings.Repeat("//\n", maxFileLines), (*tree).sizeFaults, "402 lines"},
		"long function":     {"p/p.go", doc + "func f() {" + strings.Repeat("\n", maxFunctionLines) + "}", (*tree).sizeFaults, "f has 61 lines"},
		"longest function":  {"p/p.go", doc + "func f() {" + strings.Repeat("\n", maxFunctionLines-1) + "}", (*tree).sizeFaults, ""},
		"long test":         {"p/p_test.go", doc + strings.Repeat("//\n", maxFileLines), (*tree).sizeFaults, ""},
		"testdata is apart": {"p/testdata/p.go", "package util\n", (*tree).nameFaults, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			parsed, err := parseTree(fstest.MapFS{
				"go.mod":  {Data: []byte("module example.org/m\n")},
				test.file: {Data: []byte(test.text)},
			})
			if err != nil {
				t.Fatal(err)
			}
			got := test.rule(parsed)
			if test.want == "" && len(got) > 0 || test.want != "" && (len(got) != 1 || !strings.Contains(got[0], test.want)) {
				t.Errorf("faults %q, want one with %q", got, test.want)
			}
		})
	}
}

func TestTwoPackageComments(t *testing.T) {
	file := &fstest.MapFile{Data: []byte("// Package p is here.\npackage p\n")}
	parsed, err := parseTree(fstest.MapFS{"go.mod": {Data: []byte("module m\n")}, "p/a.go": file, "p/b.go": file})
	if err != nil {
		t.Fatal(err)
	}
	if got := parsed.commentFaults(); len(got) != 1 || !strings.Contains(got[0], "2 package comments") {
		t.Errorf("faults %q", got)
	}
}

func TestReadImportTable(t *testing.T) {
	table := readImportTable("| package | may import | must not know |\n|---|---|---|\n| `.` | | SQL |\n| `a/b` | `.`, `c` | x |\n| `cmd` | anything | |\n")
	if len(table) != 3 || len(table["."]) != 0 || !slices.Equal(table["a/b"], []string{".", "c"}) || !slices.Equal(table["cmd"], []string{anything}) {
		t.Errorf("table %q", table)
	}
}

func TestRequirements(t *testing.T) {
	direct, all := requirements("module m\n\ngo 1.26.0\n\nrequire a.org/x v1.0.0\n\nrequire (\n\tb.org/y v2.1.0\n\tc.org/z v0.1.0 // indirect\n)\n")
	if !slices.Equal(direct, []string{"a.org/x", "b.org/y"}) || !slices.Equal(all, []string{"a.org/x", "b.org/y", "c.org/z"}) {
		t.Errorf("direct %q, all %q", direct, all)
	}
}

func TestHeadings(t *testing.T) {
	if got := headings("# A\n\n### a.org/x\n\ntext\n### b.org/y\n"); !slices.Equal(got, []string{"a.org/x", "b.org/y"}) {
		t.Errorf("got %q", got)
	}
}

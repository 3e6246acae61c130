package architecture

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// tree is the Go module as its sources tell it.
type tree struct {
	fset     *token.FileSet
	module   string
	packages map[string][]source // directory, "." for the root, to its files without tests
	tests    map[string]bool     // directories that hold test files
}

// source is one Go file that is not a test.
type source struct {
	path  string // from the root of the repository
	lines int
	ast   *ast.File
}

// parseTree reads every Go file of the module in fsys. What the go command does
// not build is left out: testdata, names with a leading dot or underscore, and
// modules inside the module.
func parseTree(fsys fs.FS) (*tree, error) {
	t := &tree{fset: token.NewFileSet(), packages: map[string][]source{}, tests: map[string]bool{}}
	mod, err := fs.ReadFile(fsys, "go.mod")
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Sscanf(string(mod), "module %s", &t.module); err != nil {
		return nil, fmt.Errorf("go.mod does not begin with its module line: %w", err)
	}
	return t, fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && isOutside(fsys, name):
			return fs.SkipDir
		case entry.IsDir() || path.Ext(name) != ".go":
			return nil
		case strings.HasSuffix(name, "_test.go"):
			t.tests[path.Dir(name)] = true
			return nil
		}
		return t.add(fsys, name)
	})
}

func isOutside(fsys fs.FS, dir string) bool {
	base := path.Base(dir)
	if base == "testdata" || base == "vendor" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return true
	}
	_, err := fs.Stat(fsys, path.Join(dir, "go.mod"))
	return err == nil
}

func (t *tree) add(fsys fs.FS, name string) error {
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	parsed, err := parser.ParseFile(t.fset, name, text, parser.ParseComments)
	if err != nil {
		return err
	}
	dir := path.Dir(name)
	t.packages[dir] = append(t.packages[dir], source{name, bytes.Count(text, []byte("\n")), parsed})
	return nil
}

// dirs lists the directories that hold a package, in order.
func (t *tree) dirs() []string { return slices.Sorted(maps.Keys(t.packages)) }

// sources lists every file, in order.
func (t *tree) sources() []source {
	var all []source
	for _, dir := range t.dirs() {
		all = append(all, t.packages[dir]...)
	}
	return all
}

// importTable is the table of docs/architecture.md: package directory to what it
// may import besides the standard library.
type importTable map[string][]string

// anything in the table lets a package import whatever it likes.
const anything = "anything"

// readImportTable takes the rows out of a Markdown page: those whose first cell
// is one name in backquotes; the second cell holds names in backquotes, or
// the word anything.
func readImportTable(page string) importTable {
	table := importTable{}
	for line := range strings.Lines(page) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			continue
		}
		if dir := quoted(cells[1]); len(dir) == 1 {
			table[dir[0]] = quoted(cells[2])
			if strings.TrimSpace(cells[2]) == anything {
				table[dir[0]] = []string{anything}
			}
		}
	}
	return table
}

// quoted returns what stands in backquotes.
func quoted(cell string) []string {
	var names []string
	for i, part := range strings.Split(cell, "`") {
		if i%2 == 1 {
			names = append(names, part)
		}
	}
	return names
}

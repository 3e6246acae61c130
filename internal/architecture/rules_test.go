package architecture

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

const (
	maxFileLines     = 400
	maxFunctionLines = 60
)

// vagueNames say nothing of what a package owns.
var vagueNames = []string{"util", "utils", "common", "helper", "helpers", "manager", "managers", "impl", "model", "models", "types", "misc"}

// importFaults holds the sources against the table, and the table against the
// sources.
func (t *tree) importFaults(table importTable) []string {
	var faults []string
	for _, dir := range t.dirs() {
		allowed, listed := table[dir]
		if !listed {
			faults = append(faults, fmt.Sprintf("%s is missing from the import table: add a row to docs/architecture.md that says what it may import and what it must not know", dir))
			continue
		}
		for _, file := range t.packages[dir] {
			for _, spec := range file.ast.Imports {
				imported := t.importName(spec)
				if !isStandard(imported) && !isAllowed(imported, allowed) {
					faults = append(faults, fmt.Sprintf("%s imports %s, but %s may import only %v: move the code to where it belongs, or argue for the new edge in docs/architecture.md", file.path, imported, dir, allowed))
				}
			}
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(table)) {
		if t.packages[dir] == nil {
			faults = append(faults, fmt.Sprintf("docs/architecture.md has a row for %s, which holds no Go package: take the row out", dir))
		}
	}
	return faults
}

// importName returns what a file imports: a package of ours as its directory.
func (t *tree) importName(spec *ast.ImportSpec) string {
	name, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value
	}
	if name == t.module {
		return "."
	}
	if dir, ours := strings.CutPrefix(name, t.module+"/"); ours {
		return "./" + dir
	}
	return name
}

// isStandard tells by the first element: only those of the standard library have
// no dot. The C of cgo is not of it.
func isStandard(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return !strings.Contains(first, ".") && name != "C"
}

func isAllowed(name string, allowed []string) bool {
	return slices.ContainsFunc(allowed, func(rule string) bool {
		return rule == anything || name == rule || name == "./"+rule || isInside(rule, name)
	})
}

// isInside reports whether name lies inside the module that rule names.
func isInside(rule, name string) bool {
	return !isStandard(rule) && rule != "." && strings.HasPrefix(name, rule+"/")
}

// commentFaults finds packages with no package comment, or with several.
func (t *tree) commentFaults() []string {
	var faults []string
	for _, dir := range t.dirs() {
		var commented []string
		for _, file := range t.packages[dir] {
			if file.ast.Doc.Text() != "" {
				commented = append(commented, path.Base(file.path))
			}
		}
		switch len(commented) {
		case 0:
			faults = append(faults, fmt.Sprintf("%s has no package comment: say in doc.go what the package owns and what it must not know", dir))
		case 1:
		default:
			faults = append(faults, fmt.Sprintf("%s has %d package comments, in %v: keep one", dir, len(commented), commented))
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(t.tests)) {
		if t.packages[dir] == nil {
			faults = append(faults, fmt.Sprintf("%s holds tests only: add a doc.go that says what they prove", dir))
		}
	}
	return faults
}

// nameFaults finds packages whose name could hold anything.
func (t *tree) nameFaults() []string {
	var faults []string
	for _, dir := range t.dirs() {
		names := []string{path.Base(dir), t.packages[dir][0].ast.Name.Name}
		if slices.ContainsFunc(names, func(name string) bool { return slices.Contains(vagueNames, name) }) {
			faults = append(faults, fmt.Sprintf("%s: name the package after the thing it owns, or put its content where it is used", dir))
		}
	}
	return faults
}

// sizeFaults finds files and functions that have grown too long.
func (t *tree) sizeFaults() []string {
	var faults []string
	for _, file := range t.sources() {
		if file.lines > maxFileLines {
			faults = append(faults, fmt.Sprintf("%s has %d lines, more than %d: split it by what its parts own", file.path, file.lines, maxFileLines))
		}
		for _, decl := range file.ast.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if lines := t.line(fn.End()) - t.line(fn.Pos()) + 1; lines > maxFunctionLines {
				faults = append(faults, fmt.Sprintf("%s: %s has %d lines, more than %d: give its steps names", t.fset.Position(fn.Pos()), fn.Name.Name, lines, maxFunctionLines))
			}
		}
	}
	return faults
}

func (t *tree) line(pos token.Pos) int { return t.fset.Position(pos).Line }

// medianFile returns the median number of lines of a file, and how many there are.
func (t *tree) medianFile() (median, files int) {
	var lines []int
	for _, file := range t.sources() {
		lines = append(lines, file.lines)
	}
	slices.Sort(lines)
	return lines[len(lines)/2], len(lines)
}

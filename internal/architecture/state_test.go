package architecture

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// stateFaults finds what lives at package level and should not: init functions,
// and variables other than errors, tables, embedded files, pools and values made once.
func (t *tree) stateFaults() []string {
	var faults []string
	for _, file := range t.sources() {
		for _, decl := range file.ast.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if decl.Recv == nil && decl.Name.Name == "init" {
					faults = append(faults, fmt.Sprintf("%s: init runs behind the reader's back: call a named function from main", t.fset.Position(decl.Pos())))
				}
			case *ast.GenDecl:
				if decl.Tok == token.VAR && !isEmbed(decl.Doc) {
					faults = append(faults, t.variableFaults(decl)...)
				}
			}
		}
	}
	return faults
}

func (t *tree) variableFaults(decl *ast.GenDecl) []string {
	var faults []string
	for _, spec := range decl.Specs {
		spec, ok := spec.(*ast.ValueSpec)
		if !ok || isEmbed(spec.Doc) {
			continue
		}
		for i, name := range spec.Names {
			if !isError(name.Name) && name.Name != "_" && !(i < len(spec.Values) && isTable(spec.Values[i])) {
				faults = append(faults, fmt.Sprintf("%s: package variable %s: only errors (errX, ErrX), tables, embedded files, patterns, pools and values made once may stand at package level; make it a constant, a function, or a field of who uses it", t.fset.Position(name.Pos()), name.Name))
			}
		}
	}
	return faults
}

func isEmbed(doc *ast.CommentGroup) bool {
	if doc == nil {
		return false
	}
	for _, comment := range doc.List {
		if strings.HasPrefix(comment.Text, "//go:embed ") {
			return true
		}
	}
	return false
}

func isError(name string) bool {
	return strings.HasPrefix(name, "err") || strings.HasPrefix(name, "Err")
}

// makers are the calls whose result is as good as a table.
var makers = map[string][]string{
	"regexp":  {"MustCompile"},
	"strings": {"Fields", "NewReplacer"},
	"sync":    {"OnceValue", "OnceValues"},
}

// isTable reports whether a value is written out row by row (a pool counts), or
// made from what is: the bytes of a text, a pattern, a value made once on first
// use. An empty literal waits to be filled and is none.
func isTable(value ast.Expr) bool {
	switch value := value.(type) {
	case *ast.CompositeLit:
		return len(value.Elts) > 0
	case *ast.CallExpr:
		switch fun := value.Fun.(type) {
		case *ast.ArrayType:
			return true
		case *ast.IndexExpr: // the form of a body, made of its type
			maker, ok := fun.X.(*ast.Ident)
			return ok && maker.Name == "newForm"
		case *ast.SelectorExpr:
			pkg, ok := fun.X.(*ast.Ident)
			return ok && slices.Contains(makers[pkg.Name], fun.Sel.Name)
		}
	}
	return false
}

package architecture

import (
	"go/ast"
	"maps"
	"testing"
)

// TestStatementsByEngine holds how many statements have one form for SQLite and another
// for PostgreSQL. Everything else is one text, which both engines take: a statement that
// joins this list needs a reason that no wording does away with.
func TestStatementsByEngine(t *testing.T) {
	want := map[string]int{
		"internal/db/catalog.go":               3, // tables, columns and references are asked for in each engine's own way
		"internal/db/migrate.go":               1,
		"internal/directory/rosters_moment.go": 2, // how far a snapshot shows the events
	}
	got := map[string]int{}
	for _, file := range parseRepository(t).sources() {
		ast.Inspect(file.ast, func(node ast.Node) bool {
			if literal, ok := node.(*ast.CompositeLit); ok && named(literal.Type) == "ByEngine" {
				got[file.path]++
			}
			return true
		})
	}
	delete(got, "internal/db/dbtest/catalog.go") // for tests
	if !maps.Equal(got, want) {
		t.Errorf("statements by engine: %v, want %v", got, want)
	}
}

func named(expression ast.Expr) string {
	switch e := expression.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

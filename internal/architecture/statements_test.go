package architecture

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// statement is a text of SQL that the sources hold, or a part of one. What is known
// only when the program runs is a hole.
type statement struct {
	at   string // file and line
	text string
}

const hole = "@"

var (
	begins   = regexp.MustCompile(`^\s*(WITH|SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET|SHOW|LOCK|LISTEN|NOTIFY|DEALLOCATE|COPY|DO|CALL|VACUUM|ANALYZE|TRUNCATE|GRANT)\s`)
	contains = regexp.MustCompile(`\b(FROM|WHERE|ORDER BY|GROUP BY|JOIN|VALUES|LIMIT|UNION ALL|RETURNING|ESCAPE|COALESCE)\b`)
)

// statements collects the SQL of the packages that know the database, but for what is
// for SQLite only, and for bench, which measures PostgreSQL by other means too.
func (t *tree) statements() []statement {
	var all []statement
	for _, dir := range t.dirs() {
		if dir == "bench" || !t.knowsDatabase(dir) {
			continue
		}
		c := collector{tree: t, names: namedTexts(t.packages[dir])}
		for _, file := range t.packages[dir] {
			if strings.HasPrefix(file.path, "internal/db/sqlite") {
				continue
			}
			c.path = file.path
			ast.Inspect(file.ast, c.visit)
		}
		all = append(all, c.found...)
	}
	return all
}

func (t *tree) knowsDatabase(dir string) bool {
	return dir == "internal/db" || slices.ContainsFunc(t.packages[dir], func(s source) bool {
		return slices.ContainsFunc(s.ast.Imports, func(i *ast.ImportSpec) bool { return t.importName(i) == "./internal/db" })
	})
}

// namedTexts are the constants, and the variables with a value, whose name stands for
// one text in the whole package.
func namedTexts(files []source) map[string]ast.Expr {
	names := map[string]ast.Expr{}
	taken := map[string]bool{}
	for _, file := range files {
		ast.Inspect(file.ast, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Names) != len(spec.Values) {
				return true
			}
			for i, name := range spec.Names {
				if taken[name.Name] {
					delete(names, name.Name)
					continue
				}
				taken[name.Name] = true
				names[name.Name] = spec.Values[i]
			}
			return true
		})
	}
	return names
}

type collector struct {
	tree  *tree
	path  string
	names map[string]ast.Expr
	found []statement
}

// visit takes whole expressions: a sum of texts, or one text alone.
func (c *collector) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.ImportSpec, *ast.Field:
		return false
	case *ast.KeyValueExpr: // of a db.ByEngine
		key, ok := n.Key.(*ast.Ident)
		return !ok || key.Name != "SQLite"
	case *ast.BinaryExpr, *ast.BasicLit:
		text, known := c.fold(n.(ast.Expr), 0)
		if !known {
			return true
		}
		if begins.MatchString(text) || contains.MatchString(text) {
			place := c.tree.fset.Position(n.Pos())
			c.found = append(c.found, statement{fmt.Sprintf("%s:%d", c.path, place.Line), text})
		}
		return false
	}
	return true
}

// fold is the text of an expression, with holes. It is known when any of it is.
func (c *collector) fold(e ast.Expr, depth int) (text string, known bool) {
	if depth > 10 {
		return hole, false
	}
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return hole, false
		}
		text, err := strconv.Unquote(e.Value)
		return text, err == nil
	case *ast.ParenExpr:
		return c.fold(e.X, depth+1)
	case *ast.BinaryExpr:
		if e.Op != token.ADD {
			return hole, false
		}
		left, leftKnown := c.fold(e.X, depth+1)
		right, rightKnown := c.fold(e.Y, depth+1)
		return left + right, leftKnown || rightKnown
	case *ast.Ident:
		if value, ok := c.names[e.Name]; ok {
			text, known := c.fold(value, depth+1)
			if known && !strings.Contains(text, hole) {
				return text, false // it is collected where it stands
			}
		}
	}
	return hole, false
}

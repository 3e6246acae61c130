package architecture

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

func parseRepository(t *testing.T) *tree {
	t.Helper()
	parsed, err := parseTree(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func report(t *testing.T, faults []string) {
	t.Helper()
	for _, fault := range faults {
		t.Error(fault)
	}
}

func page(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(root + "/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestImports(t *testing.T) {
	report(t, parseRepository(t).importFaults(readImportTable(page(t, "docs/architecture.md"))))
}

func TestPackageComments(t *testing.T) { report(t, parseRepository(t).commentFaults()) }

func TestPackageNames(t *testing.T) { report(t, parseRepository(t).nameFaults()) }

func TestPackageState(t *testing.T) { report(t, parseRepository(t).stateFaults()) }

func TestSizes(t *testing.T) {
	parsed := parseRepository(t)
	report(t, parsed.sizeFaults())
	median, files := parsed.medianFile()
	t.Logf("%d files without tests, the median has %d lines", files, median)
}

// TestDependenciesAreArgued wants a heading in docs/dependencies.md for every
// module that go.mod requires directly, and no heading for one that is gone.
func TestDependenciesAreArgued(t *testing.T) {
	direct, all := requirements(page(t, "go.mod"))
	argued := headings(page(t, "docs/dependencies.md"))
	for _, module := range direct {
		if !slices.Contains(argued, module) {
			t.Errorf("%s is a direct dependency that docs/dependencies.md does not account for: add a heading, or do without it", module)
		}
	}
	for _, module := range argued {
		if !slices.Contains(all, module) {
			t.Errorf("docs/dependencies.md accounts for %s, which go.mod does not require: take it out", module)
		}
	}
}

// requirements lists the modules of a go.mod: those not marked indirect, and all.
func requirements(mod string) (direct, all []string) {
	for line := range strings.Lines(mod) {
		var module, version string
		line = strings.TrimPrefix(strings.TrimSpace(line), "require ")
		if _, err := fmt.Sscanf(line, "%s v%s", &module, &version); err != nil {
			continue
		}
		all = append(all, module)
		if !strings.HasSuffix(line, "// indirect") {
			direct = append(direct, module)
		}
	}
	return direct, all
}

// headings lists the headings of the third rank of a Markdown page.
func headings(page string) []string {
	var found []string
	for line := range strings.Lines(page) {
		if heading, ok := strings.CutPrefix(strings.TrimSpace(line), "### "); ok {
			found = append(found, heading)
		}
	}
	return found
}

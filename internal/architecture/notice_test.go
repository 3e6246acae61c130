package architecture

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestNotice wants each module that the program contains in NOTICE, with the copyright
// lines of its licence and with the notice that it brings along; and none besides.
func TestNotice(t *testing.T) {
	notice, folders := page(t, "NOTICE"), linked(t)
	var listed []string
	for _, m := range regexp.MustCompile(`(?m)^([a-z0-9.]+\.[a-z]+/\S+)\n    \S`).FindAllStringSubmatch(notice, -1) {
		listed = append(listed, m[1])
		if folders[m[1]] == "" {
			t.Errorf("NOTICE names %s, which the program does not contain: take it out", m[1])
		}
	}
	for module, folder := range folders {
		if !slices.Contains(listed, module) {
			t.Errorf("NOTICE does not name %s, which the program contains: add it, with its licence", module)
		}
		for _, missing := range unsaid(t, notice, folder) {
			t.Errorf("%s: NOTICE lacks %q", module, missing)
		}
	}
}

// linked finds the folders of the modules in the program as it is released.
func linked(t *testing.T) map[string]string {
	t.Helper()
	list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Dir}}{{end}}{{end}}", "./cmd/roundtable")
	list.Dir, list.Env = root, append(os.Environ(), "GOOS=linux", "CGO_ENABLED=0")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	folders := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		if module, folder, found := strings.Cut(strings.TrimSpace(line), " "); found {
			folders[module] = folder
		}
	}
	if len(folders) == 0 {
		t.Fatal("the program contains no module")
	}
	return folders
}

// unsaid lists what a module wants to be said and NOTICE does not say.
func unsaid(t *testing.T, notice, folder string) (missing []string) {
	t.Helper()
	copyright := regexp.MustCompile(`(?m)^ *(?:Original work |Modified work )?Copyright (?:\([cC]\) )?\d.*$`)
	flat := func(text string) string { return strings.Join(strings.Fields(text), " ") }
	for _, file := range files(t, filepath.Join(folder, "LICENSE"), filepath.Join(folder, "LICENSE.txt")) {
		for _, line := range copyright.FindAllString(file, -1) {
			if !strings.Contains(notice, strings.TrimSpace(line)) {
				missing = append(missing, strings.TrimSpace(line))
			}
		}
	}
	for _, file := range files(t, filepath.Join(folder, "NOTICE"), filepath.Join(folder, "NOTICE.txt")) {
		if !strings.Contains(flat(notice), flat(file)) {
			missing = append(missing, fmt.Sprintf("its %d bytes of notice", len(file)))
		}
	}
	return missing
}

// files reads those that exist.
func files(t *testing.T, names ...string) (texts []string) {
	t.Helper()
	for _, name := range names {
		text, err := os.ReadFile(name)
		switch {
		case err == nil:
			texts = append(texts, string(text))
		case !os.IsNotExist(err):
			t.Fatal(err)
		}
	}
	return texts
}

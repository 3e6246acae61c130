package words_test

import (
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every text is asked for, and every text asked for exists. Keys stand whole in sources and
// templates: one that is put together at run time would be found by no search.
func TestEveryKeyIsUsed(t *testing.T) {
	english := readTexts(t, "en")
	used, err := usedKeys(os.DirFS("../.."), english)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range slices.Sorted(maps.Keys(english)) {
		if used[key] == "" {
			t.Errorf("nobody asks for %s", key)
		}
	}
	for key, where := range used {
		if _, found := english[key]; !found {
			t.Errorf("%s asks for %s, which is no text", where, key)
		}
	}
}

// usedKeys finds the literals that begin like a key, and where.
func usedKeys(fsys fs.FS, english map[string]entry) (map[string]string, error) {
	areas := map[string]bool{}
	for key := range english {
		area, _, _ := strings.Cut(key, ".")
		areas[area] = true
	}
	pattern := regexp.MustCompile("[\"'`](" + strings.Join(slices.Sorted(maps.Keys(areas)), "|") + ")(\\.[a-z0-9_]+){1,3}[\"'`]")
	used := map[string]string{}
	for _, root := range []string{"internal", "cmd"} {
		err := fs.WalkDir(fsys, root, func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "testdata" || strings.HasSuffix(d.Name(), "test")): // what tests alone import
				return fs.SkipDir
			case d.IsDir() || strings.HasSuffix(name, "_test.go") || !slices.Contains([]string{".go", ".html", ".txt"}, path.Ext(name)):
				return nil
			}
			data, err := fs.ReadFile(fsys, name)
			for _, found := range pattern.FindAllString(string(data), -1) {
				key := found[1 : len(found)-1]
				if _, exists := english[key]; exists || !slices.Contains([]string{".go", ".html", ".txt"}, path.Ext(key)) {
					used[key] = name
				}
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return used, nil
}

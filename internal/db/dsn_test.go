package db_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/db"
)

func TestParseDSN(t *testing.T) {
	t.Parallel()
	for dsn, want := range map[string]string{
		"roundtable.db":         "roundtable.db",
		"/var/lib/r/x.db":       "/var/lib/r/x.db",
		"sqlite:roundtable.db":  "roundtable.db",
		"sqlite:/var/lib/r.db":  "/var/lib/r.db",
		"":                      "",
		"sqlite:":               "",
		":memory:":              "",
		"sqlite::memory:":       "",
		"postgres://u:pw@h/d":   "",
		"postgresql://u:pw@h/d": "",
	} {
		o, err := db.ParseDSN(dsn)
		if o.Path != want || (err != nil) != (want == "") {
			t.Errorf("%q: path %q, %v", dsn, o.Path, err)
		}
		if errors.Is(err, db.ErrUnsupported) != strings.HasPrefix(dsn, "postgres") {
			t.Errorf("%q: %v", dsn, err)
		}
		if err != nil && strings.Contains(err.Error(), "pw") {
			t.Errorf("%q: the password is in %q", dsn, err)
		}
	}
}

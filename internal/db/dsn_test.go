package db_test

import (
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/db"
)

func TestParseDSN(t *testing.T) {
	t.Parallel()
	for dsn, want := range map[string]db.Options{
		"roundtable.db":          {Path: "roundtable.db"},
		"/var/lib/r/x.db":        {Path: "/var/lib/r/x.db"},
		"sqlite:roundtable.db":   {Path: "roundtable.db"},
		"sqlite:/var/lib/r.db":   {Path: "/var/lib/r.db"},
		"":                       {},
		"sqlite:":                {},
		":memory:":               {},
		"sqlite::memory:":        {},
		"postgres://u:pw@h/d":    {Address: "postgres://u:pw@h/d"},
		"postgresql://u:pw@h/d":  {Address: "postgresql://u:pw@h/d"},
		"postgres://u:pw@h:x/d":  {},
		"postgres://u:pw@h/d?%s": {},
		"postgres://u:pw@a,b:1,c:2/d?sslmode=verify-ful":                                                {},
		"postgres://u:pw@a:1,b:2,c:3/d?target_session_attrs=any&sslmode=require&statement_timeout=1000": {Address: "postgres://u:pw@a:1,b:2,c:3/d?target_session_attrs=any&sslmode=require&statement_timeout=1000"},
	} {
		o, err := db.ParseDSN(dsn)
		if (err != nil) != (want == db.Options{}) || err == nil && o != want {
			t.Errorf("%q: %+v, %v", dsn, o, err)
		}
		if err != nil && strings.Contains(err.Error(), "pw") {
			t.Errorf("%q: the password is in %q", dsn, err)
		}
	}
}

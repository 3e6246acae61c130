package api_test

import (
	"testing"

	"github.com/roundtable-directory/roundtable/internal/apitest"
)

// keep keeps what a step names of its reply.
func (s step) keep(t *testing.T, known apitest.Known, got answer) {
	t.Helper()
	told := apitest.Known{}
	told.Learn(got.body)
	for name, member := range s.want.keep {
		if told[member] == "" {
			t.Fatalf("the reply has no %s to keep: %s", member, got.body)
		}
		known[name] = told[member]
	}
}

package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/apitest"
)

// keepsakes is what a script keeps of replies, by name.
type keepsakes map[string]string

// take keeps what a step names.
func (k keepsakes) take(t *testing.T, s step, got answer) {
	t.Helper()
	for _, named := range s.want.keep {
		var members map[string]any
		if err := json.Unmarshal(got.body, &members); err != nil {
			t.Fatal(err)
		}
		value, ok := members[named[1]].(string)
		if !ok || value == "" {
			t.Fatalf("the reply has no text %s to keep: %s", named[1], got.body)
		}
		k[named[0]] = value
	}
}

// fill writes what is kept in place of its names.
func (k keepsakes) fill(call apitest.Call) apitest.Call {
	for name, value := range k {
		written := func(s string) string { return strings.ReplaceAll(s, "<"+name+">", value) }
		call.Header = call.Header.Clone()
		call.Header.Set("X-Apikey", written(call.Header.Get("X-Apikey")))
		call.Target, call.Body = written(call.Target), []byte(written(string(call.Body)))
	}
	return call
}

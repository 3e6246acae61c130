package apitest

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestDifferences(t *testing.T) {
	for name, test := range map[string]struct{ want, got, found string }{
		"equal":                {`{"a":[1,null]}`, `{"a":[1,null]}`, ""},
		"other value":          {`{"a":[1,2]}`, `{"a":[1,3]}`, "body.a.1 is 3, want 2"},
		"other type":           {`{"a":1}`, `{"a":"1"}`, `body.a is "1", want 1`},
		"missing":              {`{"a":null}`, `{}`, "body.a is missing, want null"},
		"too much":             {`{}`, `{"a":null}`, "body.a is null, want none"},
		"shorter list":         {`{"a":[1,2]}`, `{"a":[1]}`, "body.a is [1], want [1,2]"},
		"order counts":         {`{"ids":["a","b"]}`, `{"ids":["b","a"]}`, "body.ids.0"},
		"order of details":     {`{"details":[{"f":"a"},{"f":"b"}]}`, `{"details":[{"f":"b"},{"f":"a"}]}`, ""},
		"same detail twice":    {`{"details":[{"f":"a"},{"f":"b"}]}`, `{"details":[{"f":"b"},{"f":"b"}]}`, "body.details"},
		"anything":             {`{"a":"*"}`, `{"a":{"b":1}}`, ""},
		"anything is not null": {`{"a":"*"}`, `{"a":null}`, "body.a is null"},
	} {
		t.Run(name, func(t *testing.T) {
			found := strings.Join(differences("body", parse(t, test.want), parse(t, test.got)), "\n")
			if test.found == "" && found != "" || !strings.Contains(found, test.found) {
				t.Errorf("found %q, want %q", found, test.found)
			}
		})
	}
}

func TestExpand(t *testing.T) {
	got, err := expand(`{"a":{{repeat 3 "["}}}`)
	if err != nil || string(got) != `{"a":[[[}` {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := expand(""); err != nil || got == nil {
		t.Errorf("an empty body is a body: %v, %v", got, err)
	}
}

func parse(t *testing.T, text string) any {
	t.Helper()
	value, err := decode[any](json.RawMessage(text))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/roundtable-directory/roundtable/internal/api"
	"github.com/roundtable-directory/roundtable/internal/apitest"
)

// sound is a request of the matrix for each route that somebody is answered 200, with
// the key of that caller: what hostile requests are made from.
type sound struct {
	matrixLine
	key string
}

func soundRequests(t *testing.T) map[string]sound {
	t.Helper()
	callers, lines := readMatrix(t)
	requests := map[string]sound{}
	for _, line := range lines {
		route, caller := line.route(), slices.IndexFunc(line.cells, func(c cell) bool { return c.status == http.StatusOK })
		name := route.Method + " " + route.Path
		if _, known := requests[name]; !known && caller >= 0 {
			requests[name] = sound{line, callers[caller]}
		}
	}
	return requests
}

// TestHostile walks the route table with what no client should send: never a failure
// of the server, never another shape of answer (send checks both), never a row that
// changes, and the status that the contract says.
func TestHostile(t *testing.T) {
	t.Parallel()
	requests := soundRequests(t)
	for _, route := range api.Routes() {
		if route.Public {
			continue
		}
		name := route.Method + " " + route.Path
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request, ok := requests[name]
			if !ok {
				t.Fatal("no line of testdata/routes.txt has a 200 for it")
			}
			m := &matrix{}
			m.renew(t, request.matrixLine)
			h := hostile{t, m.c, route, request, documented(t, route)}
			h.ids()
			if route.Method == http.MethodGet {
				h.parameters()
			} else {
				h.bodies()
				h.wrongTypes()
			}
			if changed := m.before.changes(m.c.dump(t)); len(changed) > 0 {
				t.Errorf("rows changed: %v", changed)
			}
		})
	}
}

// documented is the operation of a route in the contract file.
func documented(t *testing.T, route api.Route) *openapi3.Operation {
	t.Helper()
	doc, err := contractDocument()
	if err != nil {
		t.Fatal(err)
	}
	return doc.Paths.Value(route.Path).GetOperation(route.Method)
}

// hostile asks one route.
type hostile struct {
	t         *testing.T
	c         *company
	route     api.Route
	sound     sound
	operation *openapi3.Operation
}

// ask sends a call and wants one of the statuses.
func (h *hostile) ask(what string, call apitest.Call, statuses ...int) answer {
	h.t.Helper()
	got := h.c.send(h.t, call)
	if !slices.Contains(statuses, got.status) {
		h.t.Errorf("%s: %s %.200s: %d, want %v\n%.300s", what, call.Method, call.Target, got.status, statuses, got.body)
	}
	return got
}

// ids are nobody's, at each place of the path.
func (h *hostile) ids() {
	path, query, _ := strings.Cut(h.sound.target, "?")
	segments := strings.Split(path, "/")
	for i, pattern := range strings.Split(h.route.Path, "/") {
		if !strings.HasPrefix(pattern, "{") {
			continue
		}
		for _, id := range badIDs(segments[i]) {
			replaced := slices.Clone(segments)
			replaced[i] = id
			target := strings.Join(replaced, "/")
			if query != "" {
				target += "?" + query
			}
			h.ask("id", call(h.route.Method, target, h.sound.key, h.sound.body), 404)
		}
	}
}

func badIDs(good string) []string {
	return []string{
		strings.Repeat("a", 10<<10), strings.Repeat("9", 10<<10), strings.Repeat("%2F", 1000), good + strings.Repeat("/", 10<<10), "%2F", "..%2F..", "..", "%00", good + "%00", "%0A", "%20" + good,
		good + "%20", "0" + good, "+" + good, "-" + good, good + "0", good + ".0", good + "e0", "-1", "0", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
		"18446744073709551617", "0x1", "1_0", "5309c3a237bbc544d8e2673g", "5309c3a237bbc544d8e2673", "5309c3a237bbc544d8e267370", "5309C3A237BBC544D8E26737",
		"%EF%BC%91", "%D9%A1", "%FF", "%ED%A0%80", "null", "true", "*", "%25", "c-", "c-%00", "c-%FF", "c-%27", "c-" + strings.Repeat("L", 5000), "{id}", "1%3B--", "%F0%9F%A5%90",
	}
}

// bodies are wrong whoever sends them: what is wrong with the form comes before 403 and 404.
func (h *hostile) bodies() {
	object := h.sound.body
	if object == "" {
		object = `{"colour": "red"}`
	}
	first := strings.SplitN(object, `"`, 3)[1]
	for what, body := range map[string]string{
		"array": "[]", "array of objects": "[" + object + "]", "text": `"red"`, "null": "null", "number": "1", "no JSON": "colour=red", "one quote": `'`,
		"truncated": object[:len(object)-1], "two values": object + object, "text behind it": object + "x", "comment": "{} // red", "trailing comma": `{"colour": 1,}`,
		"nested": `{"colour": ` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}", "nested objects": strings.Repeat(`{"colour":`, 100) + "1" + strings.Repeat("}", 100),
		"unclosed": strings.Repeat("[", 10000), "bad bytes": "{\"colour\": \"\xff\"}", "half a pair": `{"colour": "\ud800"}`, "NUL": "{\"colour\": \"\x00\"}", "BOM": "\ufeff" + object,
	} {
		for _, key := range []string{h.sound.key, "demo-publisher", "demo-rome-admin"} {
			got := h.ask(what, call(h.route.Method, h.sound.target, key, body), 400)
			if !strings.Contains(string(got.body), `"field":"_schema"`) {
				h.t.Errorf("%s: %.300s", what, got.body)
			}
		}
	}
	for what, test := range map[string]struct{ body, field, code string }{
		"unknown field":    {`{"colour": "red"}`, "colour", "unknown_field"},
		"long name":        {`{"` + strings.Repeat("c", 9000) + `": 1}`, strings.Repeat("c", 100) + "…", "unknown_field"},
		"no name":          {`{"": 1}`, "", "unknown_field"},
		"field of a star":  {`{"*": {}}`, "*", "unknown_field"},
		"field twice":      {object[:len(object)-1] + `, "` + first + `": null}`, first, "duplicate_field"},
		"prototype":        {`{"__proto__": {"role": "PROVIDER"}}`, "__proto__", "unknown_field"},
		"another spelling": {`{"` + strings.ToUpper(first) + `": 1}`, strings.ToUpper(first), "unknown_field"},
	} {
		if h.sound.body == "" && test.code == "duplicate_field" {
			test.code = "unknown_field" // told first of a field that is both
		}
		for _, key := range []string{h.sound.key, "demo-publisher", "demo-rome-admin"} {
			got := h.ask(what, call(h.route.Method, h.sound.target, key, test.body), 400)
			if !strings.Contains(string(got.body), fmt.Sprintf(`{"field":%s,"code":"%s"`, encodeJSON(test.field), test.code)) {
				h.t.Errorf("%s: %.300s", what, got.body)
			}
		}
	}
	h.media(object)
}

// media are the type, the size and the query of a body that is sound.
func (h *hostile) media(object string) {
	h.ask("1 MiB and a byte", call(h.route.Method, h.sound.target, h.sound.key, "{"+strings.Repeat(" ", 1<<20-1)+"}"), 413)
	for _, media := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/json/x", "application/jsonp", ";"} {
		wrong := call(h.route.Method, h.sound.target, h.sound.key, object)
		wrong.Header.Set("Content-Type", media)
		if h.route.NoBody {
			wrong.Body = []byte(`{"colour": "red"}`) // any type will do, any member will not
			h.ask("type "+media, wrong, 400)
			continue
		}
		h.ask("type "+media, wrong, 415)
	}
	mark := "?"
	if strings.Contains(h.sound.target, "?") {
		mark = "&"
	}
	for _, query := range []string{"colour=red", "colour", "page=1", "colour=red&colour=blue", strings.Repeat("c", 5000), "%00=1", "=1", "%FF", "a;b", "%zz", "dry_run=maybe", "DRY_RUN=true"} {
		got := h.ask("query", call(h.route.Method, h.sound.target+mark+query, h.sound.key, h.sound.body), 400)
		if strings.HasPrefix(query, "colour") && !strings.Contains(string(got.body), `{"field":"colour","code":"unknown_parameter"`) {
			h.t.Errorf("query %s: %.300s", query, got.body)
		}
	}
}

// wrongTypes gives every documented field a value of another type, all at once: each that
// the contract file does not allow is named.
func (h *hostile) wrongTypes() {
	if h.operation.RequestBody == nil {
		return
	}
	body, wrong := map[string]any{}, []string{}
	for name, schema := range properties(h.operation.RequestBody.Value.Content["application/json"].Schema) {
		body[name] = []any{map[string]any{"red": 1.5}}
		if types := schema.Value.Type; types != nil && types.Includes("array") {
			body[name] = map[string]any{"red": 1.5}
		}
		if schema.Value.VisitJSON(body[name]) != nil {
			wrong = append(wrong, name)
		}
	}
	got := h.ask("wrong types", call(h.route.Method, h.sound.target, h.sound.key, encodeJSON(body)), 400)
	for _, name := range wrong {
		if !strings.Contains(string(got.body), `{"field":"`+name+`","code":"`) {
			h.t.Errorf("%s is not named: %.1000s", name, got.body)
		}
	}
}

// properties are the members of an object by the schema and those that it is made of.
func properties(schema *openapi3.SchemaRef) openapi3.Schemas {
	found := openapi3.Schemas{}
	for _, part := range schema.Value.AllOf {
		for name, member := range properties(part) {
			found[name] = member
		}
	}
	for name, member := range schema.Value.Properties {
		found[name] = member
	}
	return found
}

// parameters of a GET: those that are not known are ignored, those that are have a type.
func (h *hostile) parameters() {
	path, query, _ := strings.Cut(h.sound.target, "?")
	with := func(more string) apitest.Call {
		return call("GET", path+"?"+strings.Trim(query+"&"+more, "&"), h.sound.key, "")
	}
	plain := h.ask("as it is", with(""), 200)
	for _, unknown := range []string{"colour=red", "colour=%00", "=1", "colour=" + strings.Repeat("c", 5000), "PAGE=x", "colour=1&colour=2", "dry_run=maybe"} {
		if got := h.ask("unknown", with(unknown), 200); string(got.body) != string(plain.body) {
			h.t.Errorf("%s changes the answer:\n%.500s\n%.500s", unknown, got.body, plain.body)
		}
	}
	for _, parameter := range h.operation.Parameters {
		if parameter.Value.In != "query" {
			continue
		}
		name, schema := parameter.Value.Name, parameter.Value.Schema.Value
		for _, value := range []string{"%00", "%FF", strings.Repeat("9", 10<<10), strings.Repeat("%F0%9F%A5%90", 500), "%27%22%3B--", "%25%5F%2A", ",", ",,,", "-1", "%20", "[]", "%EF%BC%91", "1e400", "NaN", "null"} {
			h.ask(name, with(name+"="+value), 200, 400, 404)
		}
		for _, value := range wrongValues(schema) {
			got := h.ask(name, with(name+"="+value), 400)
			if !strings.Contains(string(got.body), `{"field":"`+name+`","code":"invalid_parameter"`) {
				h.t.Errorf("%s=%s: %.300s", name, value, got.body)
			}
		}
	}
	if strings.Contains(string(plain.body), `"max_page":`) {
		h.pages(with)
	}
}

// wrongValues are not of the type of a parameter.
func wrongValues(schema *openapi3.Schema) []string {
	switch {
	case schema.Type.Includes("integer"):
		return []string{"x", "1.5", "1e3", "9223372036854775808", "0x1", "1,2", "true", "%D9%A1"}
	case schema.Type.Includes("boolean"):
		return []string{"x", "2", "maybe", "true,false"}
	case schema.Enum != nil:
		return []string{"x", "%00", strings.ToLower(fmt.Sprint(schema.Enum[0])) + "x"}
	}
	return nil
}

// pages out of range: below 1 counts as 1, beyond the end is an empty list.
func (h *hostile) pages(with func(string) apitest.Call) {
	first := string(h.ask("page", with("page=1"), 200).body)
	for _, page := range []string{"page=0", "page=-1", "page=-9223372036854775808"} {
		if got := string(h.ask("page", with(page), 200).body); got != first {
			h.t.Errorf("%s: %.300s\nwant %.300s", page, got, first)
		}
	}
	for _, page := range []string{"1000000000000000000", "9223372036854775807"} {
		got := string(h.ask("page", with("page="+page), 200).body)
		if !strings.HasPrefix(got, `{"page":`+page+`,"max_page":`) || !strings.HasSuffix(got, ":[]}") {
			h.t.Errorf("page %s: %.300s", page, got)
		}
		h.ask("page", with("per_page=100&page="+page), 200)
	}
	for _, wrong := range []string{"page=x", "page=", "page=1.0", "page=9223372036854775808", "per_page=0", "per_page=-1", "per_page=101", "per_page=x", "per_page=", "per_page=9223372036854775808", "per_page=1e1"} {
		h.ask("page", with(wrong), 400)
	}
	h.ask("page", with("per_page=100"), 200)
	h.ask("page", with("per_page=1"), 200)
}

// contractDocument is read once for all tests.
var contractDocument = sync.OnceValues(apitest.Document)

package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// oldClient is a client as they were written for the original: arguments of GET and
// DELETE in the query, booleans as Python prints them, every answer read as JSON.
type oldClient struct {
	t   *testing.T
	c   *company
	key string
}

type object = map[string]any

// ask reads the answer, whatever its status: one that is not JSON breaks the client,
// and one of another type than exactly application/json counts as no answer.
func (o *oldClient) ask(method, path string, arguments object) (status int, read object) {
	o.t.Helper()
	body := ""
	if method == "GET" || method == "DELETE" {
		query := url.Values{}
		for name, value := range arguments {
			query.Set(name, oldText(value))
		}
		if len(query) > 0 {
			path += "?" + query.Encode()
		}
	} else {
		body = encodeJSON(arguments)
	}
	got := o.c.send(o.t, call(method, "/v2"+path, o.key, body))
	if contentType := got.header["Content-Type"]; !slices.Equal(contentType, []string{"application/json"}) {
		o.t.Fatalf("%s %s: invalid answer of type %q", method, path, contentType)
	}
	decoder := json.NewDecoder(strings.NewReader(string(got.body)))
	decoder.UseNumber()
	if err := decoder.Decode(&read); err != nil {
		o.t.Fatalf("%s %s: %v: %s", method, path, err, got.body)
	}
	return got.status, read
}

// oldText writes an argument of a query.
func oldText(value any) string {
	switch value := value.(type) {
	case bool:
		return strings.ToUpper(fmt.Sprint(value)[:1]) + fmt.Sprint(value)[1:]
	case []string:
		return strings.Join(value, ",")
	}
	return fmt.Sprint(value)
}

// must is for calls that have to succeed: anything but a 200 does not count.
func (o *oldClient) must(method, path string, arguments object) object {
	o.t.Helper()
	status, read := o.ask(method, path, arguments)
	if status != 200 {
		o.t.Fatalf("%s %s %v: %d %v", method, path, arguments, status, read)
	}
	return read
}

// fails is for calls that have to be refused; it returns the first member of errors.
func (o *oldClient) fails(wanted int, method, path string, arguments object) any {
	o.t.Helper()
	status, read := o.ask(method, path, arguments)
	errors, ok := read["errors"].(object)
	if status != wanted || !ok || len(errors) != 1 {
		o.t.Fatalf("%s %s %v: %d %v, want %d", method, path, arguments, status, read, wanted)
	}
	for _, told := range errors {
		return told
	}
	return nil
}

// number reads an id that has to be a JSON number.
func (o *oldClient) number(value any) int64 {
	o.t.Helper()
	number, ok := value.(json.Number)
	id, err := number.Int64()
	if !ok || err != nil {
		o.t.Fatalf("%v is no number", value)
	}
	return id
}

// tap loops while page < max_page, as replication tools do, and returns every row.
func (o *oldClient) tap(path, stream string, arguments object) []object {
	o.t.Helper()
	arguments = maps.Clone(arguments)
	var rows []object
	for page, last := int64(0), int64(1); page < last; {
		arguments["page"] = page + 1
		read := o.must("GET", path, arguments)
		if page, last = o.number(read["page"]), o.number(read["max_page"]); page != arguments["page"] {
			o.t.Fatalf("%s: page %d is called %d", path, arguments["page"], page)
		}
		list, ok := read[stream].([]any)
		if !ok {
			o.t.Fatalf("%s holds no %s: %v", path, stream, read)
		}
		for _, row := range list {
			rows = append(rows, row.(object))
		}
		if page == last && int64(len(rows)) != o.number(read["count"]) {
			o.t.Errorf("%s: %d rows of %v", path, len(rows), read["count"])
		}
	}
	seen := map[any]bool{}
	for _, row := range rows {
		id := row["id"]
		if id == nil {
			id = row["org_id"]
		}
		if id == nil || seen[id] {
			o.t.Errorf("%s: %v is there twice, or nothing", path, id)
		}
		seen[id] = true
	}
	return rows
}

// find pages until a list is empty, and takes max_page for the size of a page, as the
// connector of a CMS does.
func (o *oldClient) find(path, stream, name string) object {
	o.t.Helper()
	for page := 1; page <= 100; page++ {
		list, _ := o.must("GET", path, object{"page": page, "max_page": 100, "org_id": "123"})[stream].([]any)
		if len(list) == 0 {
			break
		}
		for _, row := range list {
			if row := row.(object); row["name"] == name {
				return row
			}
		}
	}
	return nil
}

package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/roundtable-directory/roundtable"
)

// FuzzPatchForm holds the body walker against encoding/json: it never panics,
// takes whatever a strict decoder would take, and takes it for the same.
func FuzzPatchForm(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, ` { } `, `[]`, `null`, `{} {}`, `{"phone":"1"`, `{"phone":"1","phone":"2"}`, `{"ph\u006fne":"1"}`, `{"Phone":"1"}`,
		`{"email":"a@b.c","first_name":"\ud83d\ude00","org_id":124,"accesses":[[1,2],[],["3"]],"business_ids":["x"],"disabled":"True"}`,
		`{"org_id":-0}`, `{"org_id":1.0}`, `{"org_id":1e3}`, `{"org_id":"1"}`, `{"org_id":9223372036854775808}`, `{"org_id":"0123"}`,
		`{"first_name":"\ud800"}`, `{"first_name":"\udc00\ud800"}`, `{"\ud800":1}`, `{"first_name":"\\ud800"}`, `{"id":{"a":[1,{"b":null}]}}`,
		`{"keywords":[null,"",true,"\u0000"],"sidebar_pages":null,"lang":null,"accesses":[null,[null]]}`, `{"id":1e999,"reports":-1.5E-7}`,
		"{\"first_name\":\"\xff\"}", "{\"first_name\":\"\x00\"}", strings.Repeat(`{"id":`, 65), strings.Repeat("[", 66), `{"":"","fax":1}`,
		`{"password":"Excalibur!","sso_only":false,"status":"active","role":"ORG_ADMIN","receive_reviews_email_notifications":"false"}`,
	} {
		f.Add([]byte(seed))
	}
	form := userForm
	f.Fuzz(func(t *testing.T, body []byte) {
		if err := inspect(body); err != nil {
			if soundObject(body) {
				t.Fatalf("%q is refused: %v", body, err)
			}
			return
		}
		if !json.Valid(body) || !utf8.Valid(body) {
			t.Fatalf("%q is let through", body)
		}
		patch, errors, ignored := form.read(body)
		if len(errors) > roundtable.MaxErrors {
			t.Fatalf("%d errors", len(errors))
		}
		for _, e := range errors {
			if e.Field == roundtable.BodyField && e.Code == roundtable.CodeInvalidJSON || len(e.Field) > 200 || e.Code == "" || e.Message == "" {
				t.Fatalf("%q: error %+v", body, e)
			}
		}
		want, wantIgnored, strict := strictPatch(form, body)
		if strict && (len(errors) > 0 || !reflect.DeepEqual(patch, want) || !slices.Equal(ignored, wantIgnored)) {
			t.Fatalf("%q: read %+v, ignored %q, errors %v\nwant %+v, ignored %q", body, patch, ignored, errors, want, wantIgnored)
		}
	})
}

// soundObject reports whether body is one JSON object in sound UTF-8 that is not
// too deep and holds no half of a surrogate pair.
func soundObject(body []byte) bool {
	var members map[string]json.RawMessage
	if !utf8.Valid(body) || json.Unmarshal(body, &members) != nil || members == nil {
		return false
	}
	depth, deepest := 0, 0
	decoder := json.NewDecoder(bytes.NewReader(body))
	for {
		token, err := decoder.Token()
		if err != nil {
			break
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		deepest = max(deepest, depth)
		// A decoder puts U+FFFD for half of a pair. One that was sent is rare enough to let it go.
		if text, ok := token.(string); ok && strings.ContainsRune(text, utf8.RuneError) {
			return false
		}
	}
	return deepest <= maxDepth
}

// strictPatch reads body by encoding/json. strict is false if that refuses it, or
// takes what the wire does not: names twice or in other letters, null for an
// element, -0, NUL.
func strictPatch(form bodyForm[roundtable.UserPatch], body []byte) (patch roundtable.UserPatch, ignored []string, strict bool) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	_, _ = decoder.Token()
	seen := map[string]bool{}
	for decoder.More() {
		name, err := decoder.Token()
		var value json.RawMessage
		if err != nil || decoder.Decode(&value) != nil || seen[name.(string)] {
			return patch, nil, false
		}
		seen[name.(string)] = true
		member, known := form.members[name.(string)]
		switch {
		case known && !strictOpt(reflect.ValueOf(&patch).Elem().FieldByIndex(member), value):
			return patch, nil, false
		case known:
		case slices.Contains(form.ignored, name.(string)):
			ignored = append(ignored, name.(string))
		default:
			return patch, nil, false
		}
	}
	return patch, ignored, true
}

// strictOpt sets an Opt to a value of its own JSON type.
func strictOpt(opt reflect.Value, value json.RawMessage) bool {
	opt.FieldByName("Set").SetBool(true)
	if string(value) == "null" {
		opt.FieldByName("Null").SetBool(true)
		return true
	}
	var plain any
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.UseNumber()
	if decoder.Decode(&plain) != nil || !plainEnough(plain) {
		return false
	}
	return json.Unmarshal(value, opt.FieldByName("Value").Addr().Interface()) == nil
}

func plainEnough(value any) bool {
	switch value := value.(type) {
	case nil:
		return false
	case string:
		return !strings.ContainsRune(value, 0)
	case json.Number:
		return value != "-0"
	case []any:
		return !slices.ContainsFunc(value, func(v any) bool { return !plainEnough(v) })
	}
	return true
}

// FuzzIfMatch holds the reading of If-Match against RFC 9110: a list of entity
// tags, of which only strong ones of ours count, or an asterisk.
func FuzzIfMatch(f *testing.F) {
	for _, seed := range []string{
		``, `*`, ` * `, `"1.1-full"`, `"1.1-brief"`, `W/"1.1-full"`, `"1.1-full", "2.1-full"`, `"1.1-full","2.1-brief",W/"3.1-full"`, `"*"`, `"x,*,y"`,
		`"x,"1.1-full"`, `1.1-full`, `"1.1-full`, `"1.1-FULL"`, `"-1.1-full"`, `"1.-1-full"`, `"01.1-full"`, `"1.1-full-full"`, `"9223372036854775808.1-full"`, `,,"1.1-full",`, `"1-full"`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		got := parseIfMatch([]string{header})
		if !got.Given {
			t.Fatalf("%q is not given", header)
		}
		tags, sound := entityTags(header)
		if !sound {
			return
		}
		var states []roundtable.State
		for _, tag := range tags {
			var state roundtable.State
			_, err := fmt.Sscanf(tag, `"%d.%d-`, &state.User, &state.Org)
			written := fmt.Sprintf(`"%d.%d-`, state.User, state.Org)
			if form, ours := strings.CutPrefix(tag, written); err == nil && ours && state.User >= 0 && state.Org >= 0 && (form == `full"` || form == `brief"`) {
				states = append(states, state)
			}
		}
		if wantAny := strings.Trim(header, " \t") == "*"; got.Any != wantAny || !slices.Equal(got.States, states) {
			t.Fatalf("%q is %+v, want any %t of %v", header, got, wantAny, states)
		}
	})
}

// entityTags splits a header that is a list of entity tags or an asterisk.
func entityTags(header string) (tags []string, sound bool) {
	rest := strings.Trim(header, " \t")
	if rest == "*" {
		return nil, true
	}
	for rest != "" {
		if rest[0] == ',' {
			rest = strings.TrimLeft(rest[1:], " \t")
			continue
		}
		start := 0
		if strings.HasPrefix(rest, "W/") {
			start = 2
		}
		if start >= len(rest) || rest[start] != '"' {
			return nil, false
		}
		end := strings.IndexByte(rest[start+1:], '"')
		if end < 0 {
			return nil, false
		}
		end += start + 2
		tags = append(tags, rest[:end])
		if rest = strings.TrimLeft(rest[end:], " \t"); rest != "" && rest[0] != ',' {
			return nil, false
		}
	}
	return tags, true
}

// FuzzPaging: whatever the query, a page is one that a list can have, or the
// parameter is named.
func FuzzPaging(f *testing.F) {
	for _, seed := range [][2]string{
		{"", ""},
		{"1", "30"},
		{"0", "1"},
		{"-9223372036854775808", "100"},
		{"9223372036854775807", "100"},
		{"x", "x"},
		{"1", "0"},
		{"1", "101"},
		{"1.0", "1e1"},
		{"+1", " 1"},
		{"01", "030"},
		{"9223372036854775808", "99999999999999999999"},
		{"1099511627777", "30"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, number, perPage string) {
		q := &query{values: url.Values{"page": {number}, "per_page": {perPage}}}
		page := q.page()
		err := q.err()
		n, numberErr := strconv.ParseInt(number, 10, 64)
		per, perErr := strconv.ParseInt(perPage, 10, 64)
		plain := numberErr == nil && perErr == nil && strconv.FormatInt(n, 10) == number && strconv.FormatInt(per, 10) == perPage
		switch {
		case err == nil && (page.Number < 1 || page.PerPage < 1 || page.PerPage > 100):
			t.Fatalf("page=%q per_page=%q is page %+v", number, perPage, page)
		case err == nil && plain && (int64(page.PerPage) != per || page.Number != int(max(1, n))):
			t.Fatalf("page=%q per_page=%q is page %+v", number, perPage, page)
		case err != nil && plain && per >= 1 && per <= 100:
			t.Fatalf("page=%q per_page=%q: %v", number, perPage, err)
		case err == nil && (numberErr != nil || perErr != nil):
			t.Fatalf("page=%q per_page=%q is taken", number, perPage)
		}
	})
}

package apitest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// ignoredHeader lists names in no promised order.
const ignoredHeader = "Roundtable-Ignored"

// Check holds an answer against what the replay promises; nil: it is kept.
func (r Replay) Check(status int, header http.Header, body []byte) error {
	var found []string
	if status != r.Status {
		found = append(found, fmt.Sprintf("status is %d, want %d", status, r.Status))
	}
	for _, name := range slices.Sorted(maps.Keys(r.ResponseHeader)) {
		if got, want := header.Get(name), r.ResponseHeader[name]; got != want && !(name == ignoredHeader && sameNames(got, want)) {
			found = append(found, fmt.Sprintf("header %s is %q, want %q", name, got, want))
		}
	}
	if got := header.Get(ignoredHeader); r.ResponseHeader[ignoredHeader] == "" && got != "" {
		found = append(found, fmt.Sprintf("header %s is %q, want none", ignoredHeader, got))
	}
	if r.Response != nil {
		found = append(found, r.checkBody(header, body)...)
	}
	if len(found) == 0 {
		return nil
	}
	return errors.New(strings.Join(found, "\n"))
}

func (r Replay) checkBody(header http.Header, body []byte) []string {
	var found []string
	if got := header.Get("Content-Type"); got != "application/json" {
		found = append(found, fmt.Sprintf("header Content-Type is %q, want application/json and no more", got))
	}
	var got any
	if err := json.Unmarshal(body, &got); err != nil {
		return append(found, fmt.Sprintf("body is not JSON: %v: %.200s", err, body))
	}
	members, ok := got.(map[string]any)
	replayed := header.Get("Idempotent-Replayed") != "" // and names the request that was answered first
	if ok && !replayed && members["request_id"] != nil && members["request_id"] != header.Get("X-Request-Id") {
		found = append(found, fmt.Sprintf("request_id is %v, but header X-Request-Id %q", members["request_id"], header.Get("X-Request-Id")))
	}
	return append(found, differences("body", r.Response, got)...)
}

func sameNames(a, b string) bool { return slices.Equal(names(a), names(b)) }

func names(list string) []string {
	var names []string
	for name := range strings.SplitSeq(list, ",") {
		names = append(names, strings.TrimSpace(name))
	}
	slices.Sort(names)
	return names
}

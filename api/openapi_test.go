package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/roundtable-directory/roundtable/api"
	"github.com/roundtable-directory/roundtable/internal/apitest"
)

func document(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := apitest.Document()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func operations(doc *openapi3.T) []*openapi3.Operation {
	var all []*openapi3.Operation
	for _, path := range doc.Paths.InMatchingOrder() {
		for _, op := range doc.Paths.Value(path).Operations() {
			all = append(all, op)
		}
	}
	return all
}

func replays(t *testing.T) []apitest.Replay {
	t.Helper()
	all, err := apitest.Replays()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestDocumentIsFinished(t *testing.T) {
	document(t)
	for _, word := range []string{"TODO", "FIXME", "XXX"} {
		if bytes.Contains(api.OpenAPI, []byte(word)) {
			t.Errorf("the contract says %s", word)
		}
	}
}

// An anchor stands once: some readers of YAML refuse a second.
func TestAnchorsStandOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, anchor := range regexp.MustCompile(`[\s\[{]&(\w+)\s`).FindAllSubmatch(api.OpenAPI, -1) {
		if name := string(anchor[1]); seen[name] {
			t.Errorf("two anchors &%s", name)
		} else {
			seen[name] = true
		}
	}
}

// Every operation with a key is limited, and every one that writes can be sent again.
func TestEveryOperationIsLimitedAndRetried(t *testing.T) {
	paths := document(t).Paths
	for _, path := range paths.InMatchingOrder() {
		for method, op := range paths.Value(path).Operations() {
			if !strings.HasPrefix(path, "/v2/") {
				continue
			}
			if op.Responses.Value("429") == nil || op.Responses.Value("401") == nil {
				t.Errorf("%s: no 401 or no 429", op.OperationID)
			}
			if writes := method != http.MethodGet; writes != (op.Parameters.GetByInAndName("header", "Idempotency-Key") != nil) ||
				writes != (op.Responses.Value("422") != nil) {
				t.Errorf("%s: Idempotency-Key and 422 belong to what writes", op.OperationID)
			}
		}
	}
}

func TestOperationsAreDescribed(t *testing.T) {
	ids := map[string]bool{}
	for _, op := range operations(document(t)) {
		if ids[op.OperationID] {
			t.Errorf("%s: two operations have this id", op.OperationID)
		}
		ids[op.OperationID] = true
		if op.OperationID == "" || op.Summary == "" || op.Description == "" || len(op.Tags) == 0 {
			t.Errorf("%q: lacks an id, a summary, a description or a tag", op.OperationID)
		}
		for _, parameter := range op.Parameters {
			if parameter.Value.Description == "" || len(parameter.Value.Examples) == 0 {
				t.Errorf("%s: parameter %s lacks a description or an example", op.OperationID, parameter.Value.Name)
			}
		}
		for status, response := range op.Responses.Map() {
			for media, content := range response.Value.Content {
				if len(content.Examples) == 0 {
					t.Errorf("%s: %s %s has no example", op.OperationID, status, media)
				}
			}
		}
	}
}

func TestSchemasAreDescribed(t *testing.T) {
	for name, schema := range document(t).Components.Schemas {
		if schema.Value.Description == "" && name != "Health" {
			t.Errorf("%s has no description", name)
		}
	}
}

// Each documented status is replayed, but for what no demo company can be
// brought to. 422 is one answer of all writing routes: some show it, and tests of the
// header try every kind of them.
func TestStatusesAreReplayed(t *testing.T) {
	replayed, shown := map[string]bool{}, 0
	for _, r := range replays(t) {
		name := fmt.Sprintf("%s %d", r.Operation, r.Status)
		replayed[name] = true
		if r.Status == http.StatusUnprocessableEntity {
			shown++
		}
	}
	if shown == 0 {
		t.Error("no replay shows 422")
	}
	onPages := map[string]bool{"endSession": true, "checkHandover": true} // begins there
	for _, op := range operations(document(t)) {
		for status := range op.Responses.Map() {
			if (status != "200" || !onPages[op.OperationID]) && status != "422" && status != "429" && status < "500" && !replayed[op.OperationID+" "+status] {
				t.Errorf("%s: no replay answers %s", op.OperationID, status)
			}
		}
	}
}

func TestReplaysHaveNamesOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	all := replays(t)
	for _, r := range all {
		name := r.Operation + " " + r.Name
		if seen[name] {
			t.Errorf("two replays are named %s", name)
		}
		seen[name] = true
	}
	t.Logf("%d replays", len(all))
}

// Each example of an answer is replayed, but for the ones that say why not.
func TestExamplesAreReplayed(t *testing.T) {
	unreachable := map[string]string{
		"page_not_available":     "every demo organisation has every page",
		"limit_reached":          "a thousand sections, a hundred keys",
		"max_businesses_reached": "no demo organisation has a limit",
		"key_expired":            "a day that has to come",
		"created":                "every user and business gets an id of its own",
		"rate_limited":           "a limit of a minute",
		"sso_test":               "every test has an address of its own",
		"session_ended":          "somebody has to sign in on a page",
		"handed_over":            "a page hands over",
		"internal":               "a mistake of ours",
		"overloaded":             "too much load for a test of examples",
		"unavailable":            "a moment of start and end",
	}
	used := map[string]bool{}
	for _, r := range replays(t) {
		used[shape(t, r.Response)] = true
	}
	for _, op := range operations(document(t)) {
		for status, response := range op.Responses.Map() {
			body := response.Value.Content["application/json"]
			if body == nil {
				continue
			}
			for name, example := range body.Examples {
				if unreachable[name] == "" && !used[shape(t, example.Value.Value)] {
					t.Errorf("%s: example %s of %s is not replayed", op.OperationID, name, status)
				}
			}
		}
	}
}

// shape is a value without the members that differ from run to run.
func shape(t *testing.T, value any) string {
	t.Helper()
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	passing := regexp.MustCompile(`"(request_id|created_at|created|updated|modified|changed_at|api_key_id|api_key|previous_secret_expires_at|token|expiration_date|creation_date|queued_at)":("[^"]*"|[0-9]+)`)
	return passing.ReplaceAllString(string(encoded), `"$1":0`)
}

func TestRequestExamplesAreReplayed(t *testing.T) {
	used := map[string]bool{}
	for _, r := range replays(t) {
		used[string(r.Body)] = true
	}
	for _, op := range operations(document(t)) {
		if op.RequestBody == nil {
			continue
		}
		for name, example := range op.RequestBody.Value.Content["application/json"].Examples {
			body, err := json.Marshal(example.Value.Value)
			if err != nil {
				t.Fatal(err)
			}
			if !used[string(body)] {
				t.Errorf("%s: request example %s is not replayed", op.OperationID, name)
			}
		}
	}
}

func TestEveryFieldHasAnExample(t *testing.T) {
	doc := document(t)
	body := doc.Paths.Value("/v2/user/{user_id}").Post.RequestBody.Value.Content["application/json"]
	exemplified := map[string]bool{}
	for _, example := range body.Examples {
		for field := range example.Value.Value.(map[string]any) {
			exemplified[field] = true
		}
	}
	for _, field := range doc.Components.Schemas["FieldName"].Value.Enum {
		property := body.Schema.Value.Properties[field.(string)]
		if property == nil || property.Value.Description == "" {
			t.Errorf("%s is no property of the update, or has no description", field)
		}
		if !exemplified[field.(string)] {
			t.Errorf("%s stands in no request example", field)
		}
	}
}

// Each code has its row in the table, an example, and a place in the enum.
func TestErrorCodes(t *testing.T) {
	doc := document(t)
	schema := doc.Components.Schemas["ErrorCode"].Value
	var codes, rows []string
	for _, code := range schema.Enum {
		codes = append(codes, code.(string))
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z0-9_]+)` \\|").FindAllStringSubmatch(schema.Description, -1) {
		rows = append(rows, row[1])
	}
	if !slices.Equal(codes, rows) {
		t.Errorf("the enum has %q, the table %q", codes, rows)
	}
	exemplified := map[string]bool{}
	for _, op := range operations(doc) {
		for _, response := range op.Responses.Map() {
			for _, content := range response.Value.Content {
				for _, example := range content.Examples {
					for _, code := range regexp.MustCompile(`"code":"([^"]*)"`).FindAllStringSubmatch(shape(t, example.Value.Value), -1) {
						exemplified[code[1]] = true
					}
				}
			}
		}
	}
	for _, code := range codes {
		if !exemplified[code] {
			t.Errorf("%s has no example", code)
		}
	}
}

// The examples of the answers to a wrong request name each field twice, and alike.
func TestErrorExamplesAgreeWithThemselves(t *testing.T) {
	for _, op := range operations(document(t)) {
		for status, response := range op.Responses.Map() {
			body := response.Value.Content["application/json"]
			if body == nil || status < "400" {
				continue
			}
			for name, example := range body.Examples {
				answer := example.Value.Value.(map[string]any)
				fields := map[string]any{}
				for _, detail := range answer["details"].([]any) {
					detail := detail.(map[string]any)
					fields[detail["field"].(string)] = detail["message"]
				}
				for kind, classic := range answer["errors"].(map[string]any) {
					classic, ok := classic.(map[string]any)
					if !ok {
						continue
					}
					if len(classic) != len(fields) {
						t.Errorf("%s: example %s of %s: errors and details name different fields", op.OperationID, name, status)
					}
					for field, message := range classic {
						if fields[field] == nil || kind == "json" && fields[field] != message {
							t.Errorf("%s: example %s of %s: %s differs between errors and details", op.OperationID, name, status, field)
						}
					}
				}
			}
		}
	}
}

// What a replay promises would be accepted as an answer, and anything else not.
func TestReplaysAcceptTheirOwnAnswer(t *testing.T) {
	for _, r := range replays(t) {
		body, err := json.Marshal(r.Response)
		if err != nil {
			t.Fatal(err)
		}
		header := map[string][]string{"Content-Type": {"application/json"}, "X-Request-Id": {apitest.Any}}
		for name, value := range r.ResponseHeader {
			header[strings.Replace(name, "ETag", "Etag", 1)] = []string{value}
		}
		if err := r.Check(r.Status, header, body); err != nil {
			t.Errorf("%s %s: %v", r.Operation, r.Name, err)
		}
		if err := r.Check(r.Status+1, header, body); err == nil {
			t.Errorf("%s %s accepts another status", r.Operation, r.Name)
		}
		if err := r.Check(r.Status, header, []byte(`{"id": 1}`)); r.Response != nil && err == nil {
			t.Errorf("%s %s accepts another body", r.Operation, r.Name)
		}
	}
}

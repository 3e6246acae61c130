package tracing_test

import (
	"compress/gzip"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	wire "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/roundtable-directory/roundtable/internal/api"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
	"github.com/roundtable-directory/roundtable/internal/demo"
	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/httpd"
	"github.com/roundtable-directory/roundtable/internal/tracing"
)

// receiver is a collector of traces.
type receiver struct {
	mu       sync.Mutex
	raw      strings.Builder
	token    string
	resource []*common.KeyValue
	spans    []*wire.Span
}

func (c *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		body, _ = gzip.NewReader(r.Body)
	}
	text, err := io.ReadAll(body)
	var request collector.ExportTraceServiceRequest
	if err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" || proto.Unmarshal(text, &request) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raw.Write(text)
	c.token = r.Header.Get("X-Token")
	for _, from := range request.ResourceSpans {
		c.resource = from.Resource.Attributes
		for _, scope := range from.ScopeSpans {
			c.spans = append(c.spans, scope.Spans...)
		}
	}
}

// trace serves the demo company, lets do ask it, and returns what a collector got.
func trace(t *testing.T, do func(send func(method, path, body string, header ...string))) *receiver {
	t.Helper()
	received := new(receiver)
	collectorServer := httptest.NewServer(received)
	t.Cleanup(collectorServer.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collectorServer.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-token=let-me-in")
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
	if !tracing.Wanted() {
		t.Fatal("the environment names a collector")
	}
	log := slog.New(slog.DiscardHandler)
	tracer, err := tracing.New(t.Context(), log)
	if err != nil {
		t.Fatal(err)
	}
	database := dbtest.New(t)
	if err := demo.Plant(t.Context(), database, rand.Reader, time.Now()); err != nil {
		t.Fatal(err)
	}
	d := directory.New(database, directory.Options{Log: log, UseEvery: time.Hour})
	t.Cleanup(d.Close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := httpd.New(listener, api.New(d, log), httpd.Options{Log: log, Observe: []func(*http.Request, *httpd.Visit){tracer.Request}})
	go server.Serve()
	do(func(method, path, body string, header ...string) {
		request, _ := http.NewRequestWithContext(t.Context(), method, "http://"+listener.Addr().String()+path, strings.NewReader(body))
		request.Header.Set("Content-Type", "application/json")
		for i := 0; i < len(header); i += 2 {
			request.Header.Set(header[i], header[i+1])
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
	})
	if err := server.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := tracer.Close(t.Context()); err != nil {
		t.Error(err)
	}
	return received
}

// attributes are what a span says, without what differs each time.
func attributes(list []*common.KeyValue) map[string]string {
	said := map[string]string{}
	for _, a := range list {
		switch value := a.Value.Value.(type) {
		case *common.AnyValue_StringValue:
			said[a.Key] = value.StringValue
		case *common.AnyValue_IntValue:
			said[a.Key] = fmt.Sprint(value.IntValue)
		default:
			said[a.Key] = "a number"
		}
	}
	if len(said["roundtable.request_id"]) == 26 {
		said["roundtable.request_id"] = "an id"
	}
	return said
}

const (
	perceval = "/v2/user/5309c3a237bbc544d8e26737"
	traceID  = "4bf92f3577b34da6a3ce929d0e0e4736"
	parentID = "00f067aa0ba902b7"
)

// An update is a span of the trace that its caller began, with its transactions below it
// and nothing in it of what was asked.
func TestSpans(t *testing.T) {
	received := trace(t, func(send func(string, string, string, ...string)) {
		send("POST", perceval+"?dry_run=false", `{"password": "Secret!Word1", "email": "secret@example.com", "phone": "555 1234"}`,
			"x-APIKey", "demo-org-admin", "traceparent", "00-"+traceID+"-"+parentID+"-01", "Idempotency-Key", "secret-retry", "User-Agent", "secret-agent")
	})
	var told []string
	byName := map[string]*wire.Span{}
	for _, span := range received.spans {
		told = append(told, span.Name)
		byName[span.Name] = span
		if fmt.Sprintf("%x", span.TraceId) != traceID {
			t.Errorf("%s is in trace %x", span.Name, span.TraceId)
		}
	}
	slices.Sort(told)
	if want := []string{"POST /v2/user/{user_id}", "batch", "read"}; !slices.Equal(told, want) {
		t.Fatalf("spans %q, want %q", told, want)
	}
	request, batch, read := byName["POST /v2/user/{user_id}"], byName["batch"], byName["read"]
	if fmt.Sprintf("%x", request.ParentSpanId) != parentID || request.Kind != wire.Span_SPAN_KIND_SERVER {
		t.Errorf("its parent is %x", request.ParentSpanId)
	}
	for _, child := range []*wire.Span{batch, read} {
		if string(child.ParentSpanId) != string(request.SpanId) || child.StartTimeUnixNano < request.StartTimeUnixNano || child.EndTimeUnixNano > request.EndTimeUnixNano {
			t.Errorf("%s is not within the request: %v, %v", child.Name, child, request)
		}
	}
	if read.EndTimeUnixNano > batch.StartTimeUnixNano {
		t.Error("the batch began before the snapshot was read")
	}
	for span, want := range map[*wire.Span]map[string]string{
		request: {
			"http.request.method": "POST", "http.route": "/v2/user/{user_id}", "http.response.status_code": "200",
			"roundtable.request_id": "an id", "roundtable.api_key_id": "2",
		},
		batch: {"roundtable.batch_items": "1", "roundtable.waited_seconds": "a number"},
		read:  {"roundtable.waited_seconds": "a number"},
	} {
		if got := attributes(span.Attributes); fmt.Sprint(got) != fmt.Sprint(want) || len(span.Events) > 0 || span.Status.GetCode() != wire.Status_STATUS_CODE_UNSET {
			t.Errorf("%s says %v, want %v; status %v", span.Name, got, want, span.Status)
		}
	}
	for _, secret := range []string{"Secret!", "secret", "555", "demo-org-admin", "example.com", "dry_run", "5309c3a2", "argon", "let-me-in"} {
		if strings.Contains(received.raw.String(), secret) {
			t.Errorf("the collector was told %q", secret)
		}
	}
	of := attributes(received.resource)
	if received.token != "let-me-in" || of["service.name"] != "roundtable" || of["deployment.environment.name"] != "test" {
		t.Errorf("from %v, with %q", of, received.token)
	}
}

// What fails is marked, what nobody began is a trace of its own, and what the caller does
// not want sampled is not told.
func TestTraces(t *testing.T) {
	received := trace(t, func(send func(string, string, string, ...string)) {
		send("GET", "/v2/nowhere/secret", "", "x-APIKey", "demo-org-admin", "traceparent", "nonsense")
		send("GET", "/health/live", "", "traceparent", "00-"+traceID+"-"+parentID+"-00")
		send("SECRET", "/health/live", "")
	})
	if len(received.spans) != 2 {
		t.Fatalf("%d spans: %v", len(received.spans), received.spans)
	}
	nowhere, odd := received.spans[0], received.spans[1]
	if nowhere.Name != "GET" || len(nowhere.ParentSpanId) != 0 || attributes(nowhere.Attributes)["http.response.status_code"] != "404" {
		t.Errorf("%v", nowhere)
	}
	if odd.Name != "other /health/live" && odd.Name != "other" || strings.Contains(strings.ToLower(received.raw.String()), "secret") {
		t.Errorf("%v", odd)
	}
}

// Answers of 500 and more, and clients who left, are errors.
func TestErrorSpans(t *testing.T) {
	received := new(receiver)
	server := httptest.NewServer(received)
	defer server.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", server.URL+"/v1/traces")
	tracer, err := tracing.New(t.Context(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, status := range []int{200, 404, 500, 503, 0} {
		tracer.Request(request, &httpd.Visit{Method: "GET", Status: status, Began: time.Now()})
	}
	if err := tracer.Close(t.Context()); err != nil {
		t.Error(err)
	}
	var failed []bool
	for _, span := range received.spans {
		failed = append(failed, span.Status.GetCode() == wire.Status_STATUS_CODE_ERROR)
	}
	if !slices.Equal(failed, []bool{false, false, true, true, true}) {
		t.Errorf("failed: %v", failed)
	}
}

func TestWanted(t *testing.T) {
	for _, name := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER"} {
		t.Setenv(name, "")
	}
	if tracing.Wanted() {
		t.Error("wanted by nobody")
	}
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:1")
	if !tracing.Wanted() {
		t.Error("an endpoint for traces is enough")
	}
	t.Setenv("OTEL_TRACES_EXPORTER", "none")
	if tracing.Wanted() {
		t.Error("not wanted by the choice of exporter")
	}
	t.Setenv("OTEL_TRACES_EXPORTER", "otlp")
	t.Setenv("OTEL_SDK_DISABLED", "TRUE")
	if tracing.Wanted() {
		t.Error("switched off")
	}
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
	if _, err := tracing.New(t.Context(), slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "http/protobuf") {
		t.Errorf("another protocol: %v", err)
	}
}

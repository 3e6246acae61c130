package metrics_test

import (
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable/internal/api"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
	"github.com/roundtable-directory/roundtable/internal/demo"
	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/httpd"
	"github.com/roundtable-directory/roundtable/internal/metrics"
)

// served is the demo company with its metrics.
type served struct {
	metrics *metrics.Metrics
	server  *httpd.Server
	url     string
}

func serve(t *testing.T) *served {
	t.Helper()
	database := dbtest.New(t)
	if err := demo.Plant(t.Context(), database, rand.Reader, time.Now()); err != nil {
		t.Fatal(err)
	}
	s := &served{metrics: metrics.New()}
	log := slog.New(slog.DiscardHandler)
	d := directory.New(database, directory.Options{Log: log, Observe: s.metrics.Batch, RateLimit: 20, UseEvery: time.Hour})
	t.Cleanup(d.Close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.url = "http://" + listener.Addr().String()
	s.server = httpd.New(listener, api.New(d, log), httpd.Options{Log: log, Observe: []func(*http.Request, *httpd.Visit){s.metrics.Request}})
	s.metrics.Watch(d, s.server)
	go s.server.Serve()
	t.Cleanup(func() { s.server.Shutdown(t.Context()) })
	return s
}

func (s *served) send(t *testing.T, method, path, key, body string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("x-APIKey", key)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

// page is what Prometheus reads: values by the name with its labels.
func (s *served) page(t *testing.T) map[string]string {
	t.Helper()
	recorder := httptest.NewRecorder()
	s.metrics.Handler().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if recorder.Code != http.StatusOK {
		t.Fatalf("%d %s", recorder.Code, recorder.Body)
	}
	values := map[string]string{}
	for line := range strings.Lines(recorder.Body.String()) {
		if i := strings.LastIndexByte(line, ' '); !strings.HasPrefix(line, "#") && i > 0 {
			values[line[:i]] = strings.TrimSpace(line[i:])
		}
	}
	return values
}

func TestRequestsAndBatches(t *testing.T) {
	t.Parallel()
	s := serve(t)
	const perceval = "/v2/user/5309c3a237bbc544d8e26737"
	for range 3 {
		s.send(t, "POST", perceval, "demo-org-admin", `{"phone": "1"}`)
	}
	s.send(t, "POST", perceval, "demo-org-admin", `{"phone": 1}`)
	s.send(t, "GET", perceval+"/", "nobody", "")
	s.send(t, "GET", "/v2/user/search", "demo-org-admin", "")
	s.send(t, "GET", "/health/live", "", "")
	page := s.page(t)
	for name, want := range map[string]string{
		`roundtable_http_requests_total{method="POST",route="/v2/user/{user_id}",status="200"}`:    "3",
		`roundtable_http_requests_total{method="POST",route="/v2/user/{user_id}",status="400"}`:    "1",
		`roundtable_http_requests_total{method="GET",route="/v2/user/{user_id}",status="401"}`:     "1",
		`roundtable_http_requests_total{method="GET",route="/health/live",status="200"}`:           "1",
		`roundtable_http_request_duration_seconds_count{method="POST",route="/v2/user/{user_id}"}`: "4",
		`roundtable_http_requests_in_flight`:                                                       "0",
		`roundtable_batch_items_count`:                                                             "3",
		`roundtable_batch_items_sum`:                                                               "3",
		`roundtable_batch_duration_seconds_count`:                                                  "3",
		`roundtable_batch_failures_total`:                                                          "0",
		`roundtable_batch_retries_total`:                                                           "0",
		`roundtable_queue_items`:                                                                   "0",
		`roundtable_queue_capacity`:                                                                "4096",
		`roundtable_ready`:                                                                         "1",
		`roundtable_rosters`:                                                                       "1",
		`roundtable_rate_limited_total`:                                                            "0",
	} {
		if page[name] != want {
			t.Errorf("%s is %q, want %s", name, page[name], want)
		}
	}
	for _, name := range []string{"roundtable_rosters_bytes", "go_goroutines", "process_open_fds", "roundtable_database_check_seconds"} {
		if page[name] == "" || page[name] == "0" {
			t.Errorf("%s is %q", name, page[name])
		}
	}
	for range 20 {
		s.send(t, "GET", "/v2/user/me", "demo-org-admin", "")
	}
	s.server.Drain()
	page = s.page(t)
	if limited := page["roundtable_rate_limited_total"]; limited == "0" || limited != page[`roundtable_http_requests_total{method="GET",route="/v2/user/me",status="429"}`] {
		t.Errorf("%s requests were limited", limited)
	}
	if page["roundtable_ready"] != "0" {
		t.Error("ready while it drains")
	}
}

// What clients send makes no new series: neither their paths nor their methods.
func TestSeriesAreBounded(t *testing.T) {
	t.Parallel()
	s := serve(t)
	probe := func(n int) {
		for _, path := range []string{"/%d", "/v2/user/%d", "/v2/user/me/%d", "/docs/%d", "/v2/business/%d/users", "/v2/user/search?query=%d", "/../%d"} {
			for _, method := range []string{"GET", "HEAD", "POST", fmt.Sprintf("M%d", n)} {
				s.send(t, method, fmt.Sprintf(path, n), "nobody", "")
			}
		}
	}
	ours := func() []string {
		names := slices.Sorted(maps.Keys(s.page(t)))
		return slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, "roundtable_") })
	}
	probe(0)
	before := ours()
	for n := range 20 {
		probe(n + 1)
	}
	if after := ours(); !slices.Equal(before, after) {
		t.Errorf("%d series became %d", len(before), len(after))
	}
	method := regexp.MustCompile(`method="([^"]*)"`)
	for _, name := range before {
		if found := method.FindStringSubmatch(name); found != nil && !slices.Contains([]string{"GET", "HEAD", "POST", "other"}, found[1]) {
			t.Errorf("method %s", found[1])
		}
	}
}

// A transaction that is begun anew is no failure.
func TestBatchesThatFail(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	m.Batch(directory.Batch{Items: 3, Conflict: true})
	m.Batch(directory.Batch{Items: 3, Err: io.EOF})
	m.Batch(directory.Batch{Items: 3})
	recorder := httptest.NewRecorder()
	m.Handler().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, want := range []string{"roundtable_batch_retries_total 1\n", "roundtable_batch_failures_total 1\n", "roundtable_batch_items_count 3\n"} {
		if !strings.Contains(recorder.Body.String(), want) {
			t.Errorf("%s is missing in\n%s", want, recorder.Body)
		}
	}
}

// A request whose client has gone has no status.
func TestGoneClients(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	m.Request(nil, &httpd.Visit{Method: "GET", Route: "/v2/user/me"})
	recorder := httptest.NewRecorder()
	m.Handler().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if !strings.Contains(recorder.Body.String(), `roundtable_http_requests_total{method="GET",route="/v2/user/me",status="gone"} 1`) {
		t.Error(recorder.Body)
	}
}

// BenchmarkRequest is what a request costs more with metrics.
func BenchmarkRequest(b *testing.B) {
	m := metrics.New()
	v := &httpd.Visit{Method: "POST", Route: "/v2/user/{user_id}", Status: 200, Took: 3 * time.Millisecond}
	b.ReportAllocs()
	for b.Loop() {
		m.Request(nil, v)
	}
}

// Package metrics owns what Prometheus is told: the names, the kinds, the page. It asks
// the server for plain figures and must not know how any of them comes about.
package metrics

import (
	"net/http"
	"runtime/debug"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/httpd"
)

// namespace begins every name that is ours.
const namespace = "roundtable"

// Metrics are the metrics of one server.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	items    prometheus.Histogram
	batches  prometheus.Histogram
	retries  prometheus.Counter
	failures prometheus.Counter
}

// New returns metrics that know nothing yet but the program and its process.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "http_requests_total", Help: "Requests answered, by the pattern of their path.",
		}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "http_request_duration_seconds", Help: "From the end of a request's headers to the end of its answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"method", "route"}),
		items: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Name: "batch_items", Help: "Changes in one transaction of the write path.",
			Buckets: []float64{1, 2, 4, 8, 16, 32, 64, 128, directory.MaxBatch},
		}),
		batches: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Name: "batch_duration_seconds", Help: "What a transaction of the write path took, with its commit.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}),
		retries: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: namespace, Name: "batch_retries_total", Help: "Transactions begun anew, because another had changed what they read.",
		}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: namespace, Name: "batch_failures_total", Help: "Transactions of the write path that failed; a larger one is then taken apart.",
		}),
	}
	m.registry.MustRegister(m.requests, m.seconds, m.items, m.batches, m.retries, m.failures, buildInfo(),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Watch adds the figures of a server and its directory. It is called once.
func (m *Metrics) Watch(d *directory.Directory, server *httpd.Server) {
	m.registry.MustRegister(&watched{directory: d, server: server})
}

// Handler is the page that Prometheus reads.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	return mux
}

// Request takes a request into account that has ended.
func (m *Metrics) Request(_ *http.Request, v *httpd.Visit) {
	route, status := v.Route, "gone"
	if route == "" {
		route = "none"
	}
	if v.Status != 0 {
		status = strconv.Itoa(v.Status)
	}
	m.requests.WithLabelValues(v.Method, route, status).Inc()
	m.seconds.WithLabelValues(v.Method, route).Observe(v.Took.Seconds())
}

// Batch takes a transaction of the write path into account.
func (m *Metrics) Batch(b directory.Batch) {
	m.items.Observe(float64(b.Items))
	m.batches.Observe(b.Took.Seconds())
	if b.Conflict {
		m.retries.Inc()
	}
	if b.Err != nil {
		m.failures.Inc()
	}
}

// buildInfo is always 1; its labels say what runs.
func buildInfo() prometheus.Collector {
	labels := prometheus.Labels{"version": "unknown", "revision": "unknown", "go": "unknown"}
	if info, ok := debug.ReadBuildInfo(); ok {
		labels["version"], labels["go"] = info.Main.Version, info.GoVersion
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				labels["revision"] = setting.Value
			}
		}
	}
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "Always 1; the labels say which program runs.", ConstLabels: labels,
	}, func() float64 { return 1 })
}

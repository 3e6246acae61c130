package metrics

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/httpd"
)

// watched are figures that are looked up when somebody asks.
type watched struct {
	directory *directory.Directory
	server    *httpd.Server
}

// snapshot is what one look finds.
type snapshot struct {
	directory.Stats
	inFlight int64
	draining bool
}

// figure is a metric that is read from a snapshot.
type figure struct {
	name, help string
	kind       prometheus.ValueType
	read       func(snapshot) (value float64, has bool)
}

// figures are the metrics without labels that are looked up.
var figures = []figure{
	{"http_requests_in_flight", "Requests being served.", prometheus.GaugeValue, func(s snapshot) (float64, bool) { return float64(s.inFlight), true }},
	{"rate_limited_total", "Requests over the limit of their organisation.", prometheus.CounterValue, func(s snapshot) (float64, bool) { return float64(s.RateLimited), true }},
	{"queue_items", "Changes that wait for a transaction.", prometheus.GaugeValue, func(s snapshot) (float64, bool) { return float64(s.Waiting), true }},
	{"queue_capacity", "Changes that may wait; more are refused.", prometheus.GaugeValue, func(snapshot) (float64, bool) { return directory.MaxQueue, true }},
	{"queue_oldest_seconds", "How long the first change in the queue has waited.", prometheus.GaugeValue, func(s snapshot) (float64, bool) { return s.Oldest.Seconds(), true }},
	{"queue_refused_total", "Changes refused because the queue was full.", prometheus.CounterValue, func(s snapshot) (float64, bool) { return float64(s.Refused), true }},
	{"rosters", "Organisations whose users are in memory, for searches.", prometheus.GaugeValue, func(s snapshot) (float64, bool) { return float64(s.Rosters), true }},
	{"rosters_bytes", "Memory of those users, about.", prometheus.GaugeValue, func(s snapshot) (float64, bool) { return float64(s.RosterBytes), true }},
	{"passwords_hashing", "Passwords being hashed.", prometheus.GaugeValue, func(s snapshot) (float64, bool) { return float64(s.Passwords.Hashing), true }},
	{"passwords_waiting", "Passwords that wait to be hashed.", prometheus.GaugeValue, func(s snapshot) (float64, bool) { return float64(s.Passwords.Waiting), true }},
	{"passwords_refused_total", "Passwords turned away because too many waited.", prometheus.CounterValue, func(s snapshot) (float64, bool) { return float64(s.Passwords.Refused), true }},
	{"mails_waiting", "Mails to be sent, of all nodes.", prometheus.GaugeValue, func(s snapshot) (float64, bool) { return float64(s.Mails.Waiting), s.Ready }},
	{"mails_oldest_seconds", "Since the first of them was queued.", prometheus.GaugeValue, func(s snapshot) (float64, bool) { return s.Mails.Oldest.Seconds(), s.Ready }},
	{"mails_dead", "Mails given up, of all nodes.", prometheus.GaugeValue, func(s snapshot) (float64, bool) { return float64(s.Mails.Dead), s.Ready }},
	{"mails_sent_total", "Mails sent by this node.", prometheus.CounterValue, func(s snapshot) (float64, bool) { return float64(s.Mails.Sent), true }},
	{"mails_deferred_total", "Tries of this node that failed for now.", prometheus.CounterValue, func(s snapshot) (float64, bool) { return float64(s.Mails.Deferred), true }},
	{"mails_failed_total", "Mails that this node has given up.", prometheus.CounterValue, func(s snapshot) (float64, bool) { return float64(s.Mails.Failed), true }},
	{"ready", "1: the server takes requests, and the database reads and writes; 0: not.", prometheus.GaugeValue, func(s snapshot) (float64, bool) { return truth(s.Ready && !s.draining), true }},
	{"database_check_seconds", "What the last look at the database took, at most a second ago.", prometheus.GaugeValue, func(s snapshot) (float64, bool) { return s.Check.Seconds(), true }},
	{"database_connections_limit", "Connections to the database that there may be.", prometheus.GaugeValue, func(s snapshot) (float64, bool) { return float64(s.Database.Limit), true }},
	{"database_file_bytes", "Size of the database file.", prometheus.GaugeValue, func(s snapshot) (float64, bool) {
		return fileBytes(s, func(s snapshot) int64 { return s.Database.Files.File })
	}},
	{"database_log_bytes", "Size of the write-ahead log.", prometheus.GaugeValue, func(s snapshot) (float64, bool) {
		return fileBytes(s, func(s snapshot) int64 { return s.Database.Files.Log })
	}},
	{"database_free_bytes", "What is left of the disk that the database is on.", prometheus.GaugeValue, func(s snapshot) (float64, bool) {
		return fileBytes(s, func(s snapshot) int64 { return s.Database.Files.Free })
	}},
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// fileBytes is a figure that only an engine with a file has.
func fileBytes(s snapshot, read func(snapshot) int64) (value float64, has bool) {
	if s.Database.Files == nil || read(s) < 0 {
		return 0, false
	}
	return float64(read(s)), true
}

func (f figure) describe() *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", f.name), f.help, nil, nil)
}

// connections are told by whether they are in use, and the engine with them.
func connections() *prometheus.Desc {
	return prometheus.NewDesc(namespace+"_database_connections", "Connections to the database.", []string{"engine", "state"}, nil)
}

// Describe names the figures.
func (w *watched) Describe(descriptions chan<- *prometheus.Desc) {
	descriptions <- connections()
	for _, f := range figures {
		descriptions <- f.describe()
	}
}

// Collect looks once and tells everything.
func (w *watched) Collect(metrics chan<- prometheus.Metric) {
	s := snapshot{w.directory.Stats(context.Background()), w.server.InFlight(), w.server.Draining()}
	for _, f := range figures {
		if value, has := f.read(s); has {
			metrics <- prometheus.MustNewConstMetric(f.describe(), f.kind, value)
		}
	}
	for state, n := range map[string]int{"busy": s.Database.Busy, "idle": s.Database.Connections - s.Database.Busy} {
		metrics <- prometheus.MustNewConstMetric(connections(), prometheus.GaugeValue, float64(n), string(s.Database.Engine), state)
	}
}

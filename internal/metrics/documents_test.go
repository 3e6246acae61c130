package metrics

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// told are the labels of a metric.
type told []string

// registered lists every metric of a server by its name.
func registered(t *testing.T) map[string]told {
	t.Helper()
	m := New()
	m.Watch(nil, nil)
	descriptions := make(chan *prometheus.Desc, 1000)
	m.registry.Describe(descriptions)
	close(descriptions)
	parts := regexp.MustCompile(`^Desc\{fqName: "([^"]+)", .*variableLabels: \{([^}]*)\}\}$`)
	all := map[string]told{}
	for description := range descriptions {
		found := parts.FindStringSubmatch(description.String())
		if found == nil {
			t.Fatal(description)
		}
		var labels told
		if found[2] != "" {
			labels = strings.Split(found[2], ",")
		}
		all[found[1]] = labels
	}
	return all
}

func document(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The list in docs/operations.md is that of the registry.
func TestMetricsAreDocumented(t *testing.T) {
	t.Parallel()
	var want, listed []string
	for name := range registered(t) {
		if strings.HasPrefix(name, namespace+"_") {
			want = append(want, name)
		}
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `(roundtable_[a-z_]+)` \\| (counter|gauge|histogram) \\| .+ \\|$").FindAllStringSubmatch(document(t, "docs/operations.md"), -1) {
		listed = append(listed, row[1])
		if counts := strings.HasSuffix(row[1], "_total"); counts != (row[2] == "counter") {
			t.Errorf("%s is no %s", row[1], row[2])
		}
	}
	slices.Sort(want)
	slices.Sort(listed)
	if !slices.Equal(want, listed) {
		t.Errorf("docs/operations.md lists\n%q, registered are\n%q", listed, want)
	}
}

// alert is a rule of deploy/alerts.yaml.
type alert struct{ name, expression, text string }

func alerts(t *testing.T) []alert {
	t.Helper()
	var list []alert
	for _, rule := range strings.Split(document(t, "deploy/alerts.yaml"), "      - alert: ")[1:] {
		lines := strings.Split(rule, "\n")
		expression, ok := strings.CutPrefix(lines[1], "        expr: ")
		if !ok || !strings.Contains(rule, "summary: \"") || !regexp.MustCompile(`labels: \{severity: (critical|warning|info)\}`).MatchString(rule) {
			t.Errorf("%s lacks something", lines[0])
		}
		list = append(list, alert{lines[0], expression, rule})
	}
	if len(list) < 10 {
		t.Fatalf("%d alerts", len(list))
	}
	return list
}

// Every alert asks for metrics and labels that exist, and docs/operations.md says what to
// do about it.
func TestAlertsAreSound(t *testing.T) {
	t.Parallel()
	known := registered(t)
	maps.Copy(known, map[string]told{"up": {}})
	name := regexp.MustCompile(`\b(roundtable|process|go)_[a-z_]+|\bup\b`)
	selector := regexp.MustCompile(`([a-z_]+)\{([^}]*\}?[^}]*)\}`)
	grouping := regexp.MustCompile(`by \(([^)]*)\)`)
	page := document(t, "docs/operations.md")
	for _, a := range alerts(t) {
		base := func(metric string) string {
			for _, suffix := range []string{"_bucket", "_count", "_sum"} {
				if histogram := strings.TrimSuffix(metric, suffix); histogram != metric && !hasMetric(known, metric) {
					return histogram
				}
			}
			return metric
		}
		var labels []string
		for _, metric := range name.FindAllString(a.expression, -1) {
			if !hasMetric(known, base(metric)) {
				t.Errorf("%s asks for %s, which nobody tells", a.name, metric)
			}
			labels = append(labels, known[base(metric)]...)
		}
		for _, found := range selector.FindAllStringSubmatch(a.expression, -1) {
			for _, label := range regexp.MustCompile(`([a-z]+)=~?"`).FindAllStringSubmatch(found[2], -1) {
				if label[1] != "job" && !slices.Contains(known[base(found[1])], label[1]) {
					t.Errorf("%s asks for the label %s of %s", a.name, label[1], found[1])
				}
			}
		}
		for _, found := range grouping.FindAllStringSubmatch(a.expression, -1) {
			for label := range strings.SplitSeq(found[1], ", ") {
				if !slices.Contains(append(labels, "instance", "le"), label) {
					t.Errorf("%s groups by %s", a.name, label)
				}
			}
		}
		if !strings.Contains(page, "\n| `"+a.name+"` | ") {
			t.Errorf("docs/operations.md does not say what %s means", a.name)
		}
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `(Roundtable[A-Za-z]+)` ").FindAllStringSubmatch(page, -1) {
		if !slices.ContainsFunc(alerts(t), func(a alert) bool { return a.name == row[1] }) {
			t.Errorf("docs/operations.md tells of %s, which is no alert", row[1])
		}
	}
}

func hasMetric(known map[string]told, name string) bool {
	_, ok := known[name]
	return ok
}

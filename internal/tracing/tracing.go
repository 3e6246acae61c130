// Package tracing owns what OpenTelemetry is told: one span for each request, with its
// transactions below it. Spans are made when a request has ended, from the times that
// were noted on its way, so that whoever has no collector pays nothing. It must not know
// what a request asked for, and passes on neither bodies nor names, addresses or secrets.
package tracing

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/roundtable-directory/roundtable/internal/httpd"
)

// Tracer makes the spans of requests and sends them to a collector.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

// Wanted reports whether the environment names a collector.
func Wanted() bool {
	named := cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT")) != ""
	return named && !strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") && os.Getenv("OTEL_TRACES_EXPORTER") != "none"
}

// New returns a tracer as the standard variables of OpenTelemetry describe it: endpoint,
// headers, certificates, sampler, attributes of the resource. Close ends it.
func New(ctx context.Context, log *slog.Logger) (*Tracer, error) {
	const only = "http/protobuf"
	protocol := cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"), os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL"), only)
	if protocol != only {
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL: %q is not supported, only %s is", protocol, only)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("traces not sent", "error", err) }))
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	described, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "roundtable")), resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter), sdk.WithResource(described))
	return &Tracer{provider: provider, tracer: provider.Tracer("github.com/roundtable-directory/roundtable")}, nil
}

// Close sends what has not been sent, as long as ctx lasts.
func (t *Tracer) Close(ctx context.Context) error { return t.provider.Shutdown(ctx) }

// Request makes the spans of a request that has ended. They belong to the trace that its
// traceparent names, if it has one.
func (t *Tracer) Request(r *http.Request, v *httpd.Visit) {
	ctx := propagation.TraceContext{}.Extract(context.Background(), propagation.HeaderCarrier(r.Header))
	name := v.Method
	attributes := []attribute.KeyValue{
		attribute.String("http.request.method", v.Method),
		attribute.String("roundtable.request_id", v.ID),
	}
	if v.Route != "" {
		name += " " + v.Route
		attributes = append(attributes, attribute.String("http.route", v.Route))
	}
	if v.Status != 0 {
		attributes = append(attributes, attribute.Int("http.response.status_code", v.Status))
	}
	if v.KeyID != 0 {
		attributes = append(attributes, attribute.Int64("roundtable.api_key_id", v.KeyID))
	}
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(v.Began), trace.WithAttributes(attributes...))
	if v.Status == 0 || v.Status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
	if span.IsRecording() {
		t.steps(ctx, v)
	}
	span.End(trace.WithTimestamp(v.Began.Add(v.Took)))
}

// steps makes a span for each transaction of a request.
func (t *Tracer) steps(ctx context.Context, v *httpd.Visit) {
	for _, step := range v.Course.Steps() {
		name := "read"
		attributes := []attribute.KeyValue{attribute.Float64("roundtable.waited_seconds", step.Waited.Seconds())}
		if step.Items > 0 {
			name, attributes = "batch", append(attributes, attribute.Int("roundtable.batch_items", step.Items))
		}
		began := step.Asked.Add(step.Waited)
		_, span := t.tracer.Start(ctx, name, trace.WithTimestamp(began), trace.WithAttributes(attributes...))
		span.End(trace.WithTimestamp(began.Add(step.Took)))
	}
}

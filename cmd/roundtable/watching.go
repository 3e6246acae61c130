package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/httpd"
	"github.com/roundtable-directory/roundtable/internal/metrics"
	"github.com/roundtable-directory/roundtable/internal/tracing"
)

const (
	pageTimeout  = 10 * time.Second // of a connection that reads metrics
	tracesWithin = 3 * time.Second  // how long the last traces may take
)

// watching tells others how the server does: Prometheus on a listener of its own, and a
// collector of traces. What is not wanted is nil.
type watching struct {
	metrics  *metrics.Metrics
	page     *http.Server
	listener net.Listener
	tracer   *tracing.Tracer
}

// watch opens the listener for metrics, if there is to be one, and the way to the
// collector, if the environment names one.
func watch(ctx context.Context, address string, log *slog.Logger) (*watching, error) {
	w := new(watching)
	var err error
	if tracing.Wanted() {
		if w.tracer, err = tracing.New(ctx, log); err != nil {
			return nil, err
		}
	}
	if address == "" {
		return w, nil
	}
	if w.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", address); err != nil {
		return nil, errors.Join(err, w.close())
	}
	w.metrics = metrics.New()
	w.page = &http.Server{
		Handler:     w.metrics.Handler(),
		ReadTimeout: pageTimeout, WriteTimeout: pageTimeout, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	log.Info("metrics", "url", "http://"+w.listener.Addr().String()+"/metrics")
	return w, nil
}

// batches is who is told of the transactions of the write path; nil: nobody.
func (w *watching) batches() func(directory.Batch) {
	if w.metrics == nil {
		return nil
	}
	return w.metrics.Batch
}

// requests are those who are told of requests.
func (w *watching) requests() []func(*http.Request, *httpd.Visit) {
	var observers []func(*http.Request, *httpd.Visit)
	if w.metrics != nil {
		observers = append(observers, w.metrics.Request)
	}
	if w.tracer != nil {
		observers = append(observers, w.tracer.Request)
	}
	return observers
}

// begin serves the metrics of a server.
func (w *watching) begin(d *directory.Directory, server *httpd.Server, log *slog.Logger) {
	if w.metrics == nil {
		return
	}
	w.metrics.Watch(d, server)
	go func() {
		if err := w.page.Serve(w.listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("metrics are not served any more", "error", err)
		}
	}()
}

// close sends the last traces and ends the listener.
func (w *watching) close() error {
	var errs []error
	if w.tracer != nil {
		ctx, cancel := context.WithTimeout(context.Background(), tracesWithin)
		defer cancel()
		_ = w.tracer.Close(ctx) // the log has it, and a lost trace is no reason to fail
	}
	if w.page != nil {
		errs = append(errs, w.page.Close())
	}
	if w.listener != nil && w.page == nil {
		errs = append(errs, w.listener.Close())
	}
	return errors.Join(errs...)
}

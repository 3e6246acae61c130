package main

import (
	"log/slog"
	"net/http"

	"github.com/roundtable-directory/roundtable/internal/api"
	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/ui"
)

func (s *serveSettings) pageOptions() ui.Options {
	return ui.Options{Addresses: s.pages, PublicURL: s.publicURL}
}

// site is all that the server answers: the pages where they are, and else the API.
func (s *serveSettings) site(d *directory.Directory, log *slog.Logger) (http.Handler, error) {
	options := s.pageOptions()
	options.Log = log
	pages, err := ui.New(d, options)
	if err != nil {
		return nil, err
	}
	wire := api.New(d, log)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if ui.Owns(r.URL.Path) {
			pages.ServeHTTP(w, r)
			return
		}
		wire.ServeHTTP(w, r)
	}), nil
}

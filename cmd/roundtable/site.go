package main

import (
	"log/slog"
	"net/http"
	"strings"

	"github.com/roundtable-directory/roundtable/internal/api"
	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/httpd"
	"github.com/roundtable-directory/roundtable/internal/signin"
	"github.com/roundtable-directory/roundtable/internal/ui"
)

func (s *serveSettings) pageOptions() ui.Options {
	return ui.Options{Addresses: s.pages, PublicURL: s.publicURL}
}

// site is all that the server answers: the pages where they are, and else the API.
func (s *serveSettings) site(d *directory.Directory, log *slog.Logger) (http.Handler, error) {
	options := s.pageOptions()
	options.Log, options.SingleSignOn = log, d.SSOLogin
	pages, err := ui.New(d, options)
	if err != nil {
		return nil, err
	}
	wire := api.New(d, log)
	elsewhere := signin.New(signin.Options{Directory: d, Pages: pages, Visitor: visitor, Log: log, Private: s.ssoPrivate})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/sso/"):
			httpd.VisitOf(r).Route = elsewhere.Route(r)
			elsewhere.ServeHTTP(w, r)
		case ui.Owns(r.URL.Path):
			pages.ServeHTTP(w, r)
		default:
			wire.ServeHTTP(w, r)
		}
	}), nil
}

// visitor is the browser that a request comes from.
func visitor(r *http.Request) directory.Visitor {
	visit := httpd.VisitOf(r)
	return directory.Visitor{Origin: visit.Origin, Agent: r.UserAgent(), RequestID: visit.ID, Course: &visit.Course}
}

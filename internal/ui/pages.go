package ui

import (
	"context"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/httpd"
)

// Options say how the pages work; zero values are the defaults.
type Options struct {
	Log       *slog.Logger
	Addresses map[string]string // where each page of the sidebar leads, by its name
	PublicURL string            // as browsers know this server, if a proxy makes that another

	// SingleSignOn finds where somebody with an e-mail address signs in through an identity
	// provider: an address of this server, empty if there is none. nil: nobody does.
	SingleSignOn func(ctx context.Context, email string) (address string, err error)
}

// Check says what New would refuse of the options.
func (o Options) Check() error {
	_, err := o.origins()
	if err == nil {
		_, err = parseAddresses(o.Addresses)
	}
	return err
}

// origins lets in the forms of our own pages, by whichever name this server goes.
func (o Options) origins() (*http.CrossOriginProtection, error) {
	protection := http.NewCrossOriginProtection()
	if o.PublicURL == "" {
		return protection, nil
	}
	public, err := url.Parse(o.PublicURL)
	if err == nil {
		err = protection.AddTrustedOrigin(public.Scheme + "://" + public.Host)
	}
	if err != nil {
		return nil, fmt.Errorf("public URL: %w", err)
	}
	return protection, nil
}

// Pages answers requests for pages.
type Pages struct {
	directory *directory.Directory
	options   Options
	addresses map[string]*url.URL
	mux       *http.ServeMux
	templates map[string]*template.Template
	origins   *http.CrossOriginProtection
}

// New prepares the pages of a directory.
func New(d *directory.Directory, o Options) (*Pages, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	p := &Pages{directory: d, options: o, mux: http.NewServeMux()}
	var err error
	if p.origins, err = o.origins(); err != nil {
		return nil, err
	}
	if p.addresses, err = parseAddresses(o.Addresses); err != nil {
		return nil, err
	}
	if p.templates, err = parseTemplates(); err != nil {
		return nil, err
	}
	for _, path := range routes {
		p.mux.HandleFunc(path.pattern, func(w http.ResponseWriter, r *http.Request) { p.serve(w, r, path) })
	}
	p.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { p.serve(w, r, route{}) })
	return p, nil
}

// Owns reports whether a path is one of pages, or would be if it existed.
func Owns(path string) bool {
	if path == "/" {
		return true
	}
	return slices.ContainsFunc(routes, func(r route) bool {
		owned, _, _ := strings.Cut(r.pattern[1:], "/")
		return r.pattern != "/{$}" && (path == "/"+owned || strings.HasPrefix(path, "/"+owned+"/"))
	})
}

// ServeHTTP answers a request for a page.
func (p *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	p.mux.ServeHTTP(w, r)
}

// serve keeps the order of what every page asks: is the server there, does it know the
// page, does the request come from a page of ours, who is it.
func (p *Pages) serve(w http.ResponseWriter, r *http.Request, path route) {
	q := &request{Request: r, pages: p, w: w}
	defer func() {
		if broken := recover(); broken != nil {
			q.fail(fmt.Errorf("panic: %v\n%s", broken, debug.Stack()))
		}
	}()
	err := q.speak("")
	if err == nil {
		err = q.answer(path)
	}
	if err != nil {
		q.fail(err)
	}
}

func (q *request) answer(path route) error {
	visit := httpd.VisitOf(q.Request)
	visit.Route = path.pattern
	if visit.Refused {
		return &roundtable.Error{Code: roundtable.CodeUnavailable, RetryAfter: time.Second}
	}
	method := q.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	handle, known := path.methods[method]
	switch {
	case path.pattern == "":
		return &roundtable.Error{Code: roundtable.CodeNotFound}
	case !known:
		q.w.Header().Set("Allow", path.allowed())
		return &roundtable.Error{Code: roundtable.CodeMethodNotAllowed}
	}
	if !path.foreign {
		if err := q.readOwnForm(method); err != nil {
			return err
		}
	}
	if path.who != nobody {
		if err := q.recognise(path.who == everybody); err != nil {
			return err
		}
	}
	return handle(q)
}

// readOwnForm reads what a page of ours has posted, if anything was.
func (q *request) readOwnForm(method string) error {
	if err := q.pages.origins.Check(q.Request); err != nil {
		return &crossOriginError{err}
	}
	if method != http.MethodPost {
		return nil
	}
	return q.readForm()
}

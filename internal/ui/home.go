package ui

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/roundtable-directory/roundtable"
)

// handoverParameter is what the application behind a page finds its token in.
const handoverParameter = "handover_token"

// home is GET /.
func (q *request) home() error {
	return q.show(http.StatusOK, "home.html", view{Title: q.words.Text("page.home.title", "name", q.user.FirstName)})
}

// openPage is GET /pages/{page}: it leads to the application behind the page, with a token
// by which that learns who comes.
func (q *request) openPage() error {
	page := q.PathValue("page")
	if !slices.Contains(q.user.SidebarPages, page) {
		return &roundtable.Error{Code: roundtable.CodeNotFound}
	}
	address := q.pages.addresses[page]
	if address == nil {
		return q.show(http.StatusOK, "message.html", view{
			Title: q.words.Text(pageNames[page]), Message: q.words.Text("page.open.nothing"),
		})
	}
	if q.Method == http.MethodHead {
		q.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	token, err := q.pages.directory.HandOver(q.Context(), q.caller, page)
	if err != nil {
		return err
	}
	target := *address
	query := target.Query()
	query.Set(handoverParameter, token)
	target.RawQuery = query.Encode()
	return q.goTo(target.String())
}

// parseAddresses reads where the pages of the sidebar lead.
func parseAddresses(given map[string]string) (map[string]*url.URL, error) {
	addresses := make(map[string]*url.URL, len(given))
	for page, text := range given {
		if _, known := pageNames[page]; !known {
			return nil, fmt.Errorf("page %q: there is no such page", page)
		}
		address, err := url.Parse(text)
		if err == nil && (address.Scheme != "https" && address.Scheme != "http" || address.Host == "") {
			err = errors.New("not an absolute address that begins with https:// or http://")
		}
		if err != nil {
			return nil, fmt.Errorf("page %s: %w", page, err)
		}
		addresses[page] = address
	}
	return addresses, nil
}

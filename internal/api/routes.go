package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/roundtable-directory/roundtable"
)

// Route is a line of the route table: what tests walk, and what the contract file
// describes.
type Route struct {
	Method string
	Path   string // {user_id} stands for one segment
	Public bool   // answers without a key
	handle func(*API, *request) (*reply, error)
}

// routes is the route table. A path without placeholder wins over one with.
var routes = []Route{
	{Method: "GET", Path: "/health/live", Public: true, handle: (*API).live},
	{Method: "GET", Path: "/health/ready", Public: true, handle: (*API).ready},
	{Method: "GET", Path: "/v2/user/me", handle: (*API).getMe},
	{Method: "GET", Path: "/v2/user/{user_id}", handle: (*API).getUser},
	{Method: "POST", Path: "/v2/user/{user_id}", handle: (*API).updateUser},
	{Method: "GET", Path: "/v2/user/{user_id}/history", handle: (*API).getHistory},
}

// Routes returns the route table.
func Routes() []Route { return routes }

// match finds the route of a method and a path without trailing slash, and notes
// the path's parameters.
func match(method, path string, req *request) (*Route, error) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	var allowed []string
	for i := range routes {
		id, ok := matchPath(routes[i].Path, path)
		if !ok {
			continue
		}
		if routes[i].Method == method {
			req.userID = id
			return &routes[i], nil
		}
		allowed = append(allowed, routes[i].Method)
	}
	if len(allowed) == 0 {
		return nil, notFound()
	}
	slices.Sort(allowed)
	return nil, &methodError{allowed: slices.Compact(allowed)}
}

// matchPath compares a path with a pattern of at most one placeholder.
func matchPath(pattern, path string) (id string, ok bool) {
	before, rest, placeholder := strings.Cut(pattern, "{")
	if !placeholder {
		return "", pattern == path
	}
	_, after, _ := strings.Cut(rest, "}")
	if len(path) <= len(before)+len(after) || !strings.HasPrefix(path, before) || !strings.HasSuffix(path, after) {
		return "", false
	}
	id = path[len(before) : len(path)-len(after)]
	return id, !strings.Contains(id, "/")
}

// methodError is a 405 with what would be allowed.
type methodError struct{ allowed []string }

func (e *methodError) Error() string { return "method not allowed" }

func (e *methodError) Unwrap() error { return &roundtable.Error{Code: roundtable.CodeMethodNotAllowed} }

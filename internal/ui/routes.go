package ui

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// route is a path with what its methods do. HEAD is as GET.
type route struct {
	pattern string // of http.ServeMux
	who     audience
	methods map[string]func(*request) error
	foreign bool // programs and pages of others may post, too: the address says all, and what is sent is not read
}

// audience is for whom a page is.
type audience int

const (
	signedIn  audience = iota // those who are signed in
	everybody                 // those who are not, too
	nobody                    // in particular: it is the same for all, and who asks is not looked up
)

// routes are all pages. None stands below /v2, /health or /docs, which are the API's.
var routes = []route{
	{pattern: "/{$}", methods: get((*request).home)},
	{pattern: "/login", who: everybody, methods: form((*request).showLogin, (*request).login)},
	{pattern: "/logout", who: everybody, methods: post((*request).logout)},
	{pattern: "/pages/{page}", methods: get((*request).openPage)},
	{pattern: "/profile", methods: form((*request).showProfile, (*request).saveProfile)},
	{pattern: "/password", methods: form((*request).showPassword, (*request).savePassword)},
	{pattern: "/sessions", methods: get((*request).listSessions)},
	{pattern: "/sessions/end", methods: post((*request).endSession)},
	{pattern: "/sessions/others", methods: post((*request).endOtherSessions)},
	{pattern: "/reset", who: everybody, methods: form((*request).showReset, (*request).requestReset)},
	{pattern: "/reset/{token}", who: everybody, methods: form((*request).showResetLink, (*request).acceptReset)},
	{pattern: "/invitation/{token}", who: everybody, methods: form((*request).showInvitation, (*request).acceptInvitation)},
	{pattern: "/unsubscribe/{token}", who: nobody, methods: form((*request).showUnsubscribing, (*request).unsubscribe), foreign: true},
	{pattern: "/assets/{name}", who: nobody, methods: get((*request).asset)},
}

type methods = map[string]func(*request) error

func get(show func(*request) error) methods  { return methods{http.MethodGet: show} }
func post(take func(*request) error) methods { return methods{http.MethodPost: take} }
func form(show, take func(*request) error) methods {
	return methods{http.MethodGet: show, http.MethodPost: take}
}

func (r route) allowed() string {
	allowed := slices.Sorted(maps.Keys(r.methods))
	if slices.Contains(allowed, http.MethodGet) {
		allowed = slices.Insert(allowed, 1, http.MethodHead)
	}
	return strings.Join(allowed, ", ")
}

package ui

import (
	"net/url"
	"slices"
	"strings"
)

const maxNext = 512

// safeNext returns where to go after signing in if that is a page of ours, else the home
// page: what others write into a link must not lead people elsewhere.
func safeNext(next string) string {
	const home = "/"
	if len(next) > maxNext || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsFunc(next, unsafeInPath) {
		return home
	}
	address, err := url.Parse(next)
	if err != nil || address.Scheme != "" || address.Host != "" || address.User != nil {
		return home
	}
	page, below := strings.CutPrefix(address.Path, "/pages/")
	if below && !strings.Contains(page, "/") || slices.Contains([]string{"/profile", "/password", "/sessions"}, address.Path) {
		return (&url.URL{Path: address.Path}).EscapedPath()
	}
	return home
}

// unsafeInPath are what browsers read as something else than it looks.
func unsafeInPath(r rune) bool { return r == '\\' || r <= ' ' || r == 0x7f }

package ui

import "net/http"

// cookieName begins with __Host-, so that browsers take the cookie from this very host,
// over HTTPS (or from their own machine) and for all of it only.
const cookieName = "__Host-roundtable"

// maxToken bounds what is looked up.
const maxToken = 128

// sessionToken is what the browser bears; empty: nothing that could be ours.
func sessionToken(r *http.Request) string {
	cookie, err := r.Cookie(cookieName)
	if err != nil || len(cookie.Value) > maxToken {
		return ""
	}
	return cookie.Value
}

// setCookie hands the browser its token, until it is closed. How long the token is good
// for, the directory knows.
func setCookie(w http.ResponseWriter, token string) { http.SetCookie(w, sessionCookie(token)) }

func clearCookie(w http.ResponseWriter) {
	cookie := sessionCookie("")
	cookie.MaxAge = -1
	http.SetCookie(w, cookie)
}

func sessionCookie(token string) *http.Cookie {
	return &http.Cookie{
		Name: cookieName, Value: token, Path: "/",
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

package signintest

import (
	"html/template"
	"io"
	"net/http"
	"net/url"
)

// asking is the page of an identity provider that was not told who is there. The answer
// comes to the address of the page.
const asking = `<!doctype html>
<html lang="en"><title>Identity provider</title>
<form method="post" action="{{.}}">
<p><label for="email">Who are you?</label> <input id="email" name="email" type="email" required>
<button>Sign in</button></p>
</form>`

// posting is the page that takes an answer along to whoever asked for it.
const posting = `<!doctype html>
<html lang="en"><title>Identity provider</title>
<form method="post" action="{{.To}}">
{{range $name, $values := .Answer}}{{range $values}}<input type="hidden" name="{{$name}}" value="{{.}}">
{{end}}{{end}}<p>You are signed in. <button>Go on</button></p>
</form>`

func askWhoIsThere(w io.Writer, r *http.Request) error {
	page, err := template.New("").Parse(asking)
	if err != nil {
		return err
	}
	return page.Execute(w, r.URL.RequestURI())
}

func letPost(w io.Writer, to string, answer url.Values) error {
	page, err := template.New("").Parse(posting)
	if err != nil {
		return err
	}
	return page.Execute(w, struct {
		To     string
		Answer url.Values
	}{to, answer})
}

package ui

import (
	"net/http"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/httpd"
)

// showUnsubscribing is GET /unsubscribe/{token}. It changes nothing: what looks through a
// mail for harm opens every link in it.
func (q *request) showUnsubscribing() error {
	found, err := q.pages.directory.Unsubscribing(q.Context(), q.PathValue("token"))
	if err != nil || found.Off {
		return q.showUnsubscribed(found, err)
	}
	if err := q.speak(found.Lang); err != nil {
		return err
	}
	return q.show(http.StatusOK, "confirm.html", view{
		Title: q.words.Text("page.unsubscribe.title"), Message: q.words.Text("page.unsubscribe.intro"), Submit: q.words.Text("page.unsubscribe.submit"),
	})
}

// unsubscribe is POST /unsubscribe/{token}, by the button of the page or by a mail program
// on one click (RFC 8058), which brings no cookie and may send any kind of form. It answers
// at once, since such programs follow no redirect.
func (q *request) unsubscribe() error {
	return q.showUnsubscribed(q.pages.directory.UnsubscribeReviews(q.Context(), q.PathValue("token"), httpd.RequestID(q.Request)))
}

// showUnsubscribed says that mails about reviews are off, or that the link is no good.
func (q *request) showUnsubscribed(found *directory.Unsubscribing, err error) error {
	status, text := http.StatusOK, "page.unsubscribe.done"
	switch {
	case isCode(err, roundtable.CodeNotFound):
		status, text = http.StatusNotFound, "page.unsubscribe.spent"
	case err != nil:
		return err
	default:
		if err := q.speak(found.Lang); err != nil {
			return err
		}
	}
	return q.show(status, "message.html", view{Title: q.words.Text("page.unsubscribe.title"), Message: q.words.Text(text)})
}

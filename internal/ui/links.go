package ui

import (
	"context"
	"net/http"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

// showReset is GET /reset.
func (q *request) showReset() error { return q.showResetForm(http.StatusOK, "", nil) }

// requestReset is POST /reset. It answers the same whether anybody has the address.
func (q *request) requestReset() error {
	email := q.form.Get("email")
	err := q.pages.directory.RequestReset(q.Context(), email, q.visitor())
	if err != nil {
		return q.showResetForm(http.StatusBadRequest, email, err)
	}
	return q.show(http.StatusOK, "message.html", view{Title: q.words.Text("page.reset.title"), Message: q.words.Text("page.reset.sent")})
}

func (q *request) showResetForm(status int, email string, wrong error) error {
	return q.showNewPassword(status, view{
		Title: q.words.Text("page.reset.title"), Message: q.words.Text("page.reset.intro"), Submit: q.words.Text("page.reset.submit"),
		Fields: []field{{Name: "email", Label: q.words.Text("page.login.email"), Kind: "email", Complete: "username", Value: email, Required: true}},
	}, wrong)
}

// linkPage is what differs between the pages that mailed links lead to.
type linkPage struct {
	kind                 roundtable.LinkKind
	title, intro, submit string // keys
	spent                string // key: what to do where the link is no good
	use                  func(d *directory.Directory, ctx context.Context, token, password string, v directory.Visitor) error
}

func resetPage() linkPage {
	return linkPage{
		roundtable.ResetLink, "page.reset.title", "page.reset.choose", "page.password.submit", "page.reset.spent",
		(*directory.Directory).ResetPassword,
	}
}

func invitationPage() linkPage {
	return linkPage{
		roundtable.InvitationLink, "page.invitation.title", "page.invitation.intro", "page.invitation.submit", "page.invitation.spent",
		(*directory.Directory).AcceptInvitation,
	}
}

func (q *request) showResetLink() error    { return q.showLink(resetPage(), http.StatusOK, nil) }
func (q *request) acceptReset() error      { return q.useLink(resetPage()) }
func (q *request) showInvitation() error   { return q.showLink(invitationPage(), http.StatusOK, nil) }
func (q *request) acceptInvitation() error { return q.useLink(invitationPage()) }

// showLink asks for the new password of whoever a link is for, in their language. To look
// at the page spends nothing.
func (q *request) showLink(page linkPage, status int, wrong error) error {
	link, err := q.pages.directory.LookUpLink(q.Context(), page.kind, q.PathValue("token"), q.visitor())
	if isCode(err, roundtable.CodeUnauthenticated) {
		return q.show(http.StatusNotFound, "message.html", view{Title: q.words.Text(page.title), Message: q.words.Text(page.spent)})
	}
	if err != nil {
		return err
	}
	if err := q.speak(link.Lang); err != nil {
		return err
	}
	return q.showNewPassword(status, view{
		Title: q.words.Text(page.title), Message: q.words.Text(page.intro, "name", link.FirstName, "email", link.Email),
		Submit: q.words.Text(page.submit), Hidden: []field{{Name: "username", Value: link.Email}}, Fields: q.newPasswordFields(),
	}, wrong)
}

// useLink sets the new password.
func (q *request) useLink(page linkPage) error {
	if q.form.Get("password") != q.form.Get("repeated") {
		return q.showLink(page, http.StatusBadRequest, errRepeated)
	}
	err := page.use(q.pages.directory, q.Context(), q.PathValue("token"), q.form.Get("password"), q.visitor())
	if err != nil {
		return q.showLink(page, http.StatusBadRequest, err)
	}
	return q.goTo("/login?done=password")
}

package ui

import (
	"errors"
	"math"
	"net/http"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/httpd"
)

// showPassword is GET /password.
func (q *request) showPassword() error {
	done := ""
	if q.URL.Query().Get("done") == "saved" {
		done = q.words.Text("page.password.saved")
	}
	return q.showPasswordForm(http.StatusOK, done, nil)
}

// savePassword is POST /password.
func (q *request) savePassword() error {
	if q.user.SSOOnly {
		return q.showPassword()
	}
	if q.form.Get("password") != q.form.Get("repeated") {
		return q.showPasswordForm(http.StatusBadRequest, "", errRepeated)
	}
	err := q.pages.directory.ChangePassword(q.Context(), q.caller, q.form.Get("old_password"), q.form.Get("password"))
	if err != nil {
		return q.showPasswordForm(http.StatusBadRequest, "", err)
	}
	return q.goTo("/password?done=saved")
}

// errRepeated is a password that was typed differently the second time.
var errRepeated = errors.New("the password was repeated differently")

func (q *request) showPasswordForm(status int, done string, wrong error) error {
	v := view{Title: q.words.Text("page.password.title"), Done: done, Submit: q.words.Text("page.password.submit")}
	if q.user.SSOOnly {
		v.Message = q.words.Text("page.password.sso_only")
		return q.show(status, "message.html", v)
	}
	v.Message = q.words.Text("page.password.intro")
	v.Hidden = []field{{Name: "username", Value: q.user.Email}} // for password managers
	v.Fields = append([]field{{
		Name: "old_password", Label: q.words.Text("page.password.old"), Kind: "password", Complete: "current-password", Required: true,
	}}, q.newPasswordFields()...)
	return q.showNewPassword(status, v, wrong)
}

// newPasswordFields are where a new password is typed, twice.
func (q *request) newPasswordFields() []field {
	return []field{
		{
			Name: "password", Label: q.words.Text("page.password.new"), Hint: q.words.Text("page.password.hint"), Kind: "password",
			Complete: "new-password", Required: true,
		},
		{Name: "repeated", Label: q.words.Text("page.password.repeated"), Kind: "password", Complete: "new-password", Required: true},
	}
}

// showNewPassword shows a form with a new password, and what stands against it.
func (q *request) showNewPassword(status int, v view, wrong error) error {
	refusal, known := errors.AsType[*roundtable.Error](wrong)
	switch {
	case wrong == nil:
	case errors.Is(wrong, errRepeated):
		f := find(v.Fields, "repeated")
		f.Error = q.words.Text("page.error.repeated")
		v.Faults = []fault{{Field: f.Name, Text: f.Error}}
	case known && refusal.Code == roundtable.CodeRateLimited:
		httpd.SetRetryAfter(q.w.Header(), refusal)
		status, v.Faults = http.StatusTooManyRequests, []fault{{Text: q.words.Text("page.login.often", "count", minutes(refusal))}}
	default:
		var ok bool
		if v.Faults, ok = q.faults(wrong, v.Fields); !ok {
			return wrong
		}
	}
	return q.show(status, "form_page.html", v)
}

// minutes is for how long to wait, in minutes, at least one.
func minutes(refusal *roundtable.Error) int {
	return max(1, int(math.Ceil(refusal.RetryAfter.Minutes())))
}

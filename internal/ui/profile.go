package ui

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/words"
)

// profile is what people change about themselves, as the form has it.
type profile struct {
	firstName, lastName, phone, lang, keywords string
	notified                                   bool
	version                                    string // of the user whose form it is
}

func profileOf(u *roundtable.User) profile {
	return profile{
		firstName: u.FirstName, lastName: u.LastName, phone: string(u.Phone), lang: u.Lang,
		keywords: strings.Join(u.Keywords, "\n"), notified: u.ReceiveReviewsEmailNotifications,
		version: strconv.FormatInt(u.Version, 10),
	}
}

func (q *request) postedProfile() profile {
	return profile{
		firstName: q.form.Get("first_name"), lastName: q.form.Get("last_name"), phone: q.form.Get("phone"),
		lang: q.form.Get("lang"), keywords: q.form.Get("keywords"),
		notified: q.form.Get("receive_reviews_email_notifications") == "true",
		version:  q.form.Get("version"),
	}
}

// seen is the state that the form was made from. One that does not tell has seen nothing.
// Of the organisation the profile shows nothing, so that it may be as it is.
func (p profile) seen(org *roundtable.Org) roundtable.Precondition {
	seen := roundtable.Precondition{Given: true}
	if version, err := strconv.ParseInt(p.version, 10, 64); err == nil {
		seen.States = []roundtable.State{{User: version, Org: org.Version}}
	}
	return seen
}

// patch is the update that asks for the profile.
func (p profile) patch() roundtable.UserPatch {
	return roundtable.UserPatch{
		FirstName: roundtable.Some(p.firstName), LastName: roundtable.Some(p.lastName), Phone: roundtable.Some(strings.TrimSpace(p.phone)),
		Lang: roundtable.Some(p.lang), Keywords: roundtable.Some(lines(p.keywords)),
		ReceiveReviewsEmailNotifications: roundtable.Some(p.notified),
	}
}

// lines are the lines of a text that are not empty.
func lines(text string) []string {
	found := []string{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			found = append(found, line)
		}
	}
	return found
}

func (q *request) profileFields(p profile) ([]field, error) {
	langs, err := langOptions()
	if err != nil {
		return nil, err
	}
	c := q.words
	return []field{
		{Name: "first_name", Label: c.Text("page.profile.first_name"), Kind: "text", Complete: "given-name", Value: p.firstName, Required: true},
		{Name: "last_name", Label: c.Text("page.profile.last_name"), Kind: "text", Complete: "family-name", Value: p.lastName, Required: true},
		{Name: "phone", Label: c.Text("page.profile.phone"), Kind: "tel", Complete: "tel", Value: p.phone},
		{Name: "lang", Label: c.Text("page.profile.lang"), Hint: c.Text("page.profile.lang_hint"), Kind: "select", Value: p.lang, Options: langs},
		{Name: "keywords", Label: c.Text("page.profile.keywords"), Hint: c.Text("page.profile.keywords_hint"), Kind: "textarea", Value: p.keywords},
		{Name: "receive_reviews_email_notifications", Label: c.Text("page.profile.notified"), Kind: "checkbox", Checked: p.notified},
	}, nil
}

// langOptions are the languages, each by its own name.
func langOptions() ([]option, error) {
	var options []option
	for _, lang := range roundtable.Langs() {
		c, err := words.Of(lang)
		if err != nil {
			return nil, err
		}
		options = append(options, option{Value: lang, Label: c.Name(), Lang: lang})
	}
	return options, nil
}

// showProfile is GET /profile.
func (q *request) showProfile() error {
	v := view{}
	if q.URL.Query().Get("done") == "saved" {
		v.Done = q.words.Text("page.profile.saved")
	}
	return q.showProfileForm(http.StatusOK, profileOf(q.user), nil, v)
}

// saveProfile is POST /profile: an update of oneself like any other. What was changed since
// the form was shown, in another window or by somebody else, is not undone: it is shown.
func (q *request) saveProfile() error {
	posted := q.postedProfile()
	_, err := q.pages.directory.UpdateUser(q.Context(), q.caller, q.user.ID, roundtable.Update{Patch: posted.patch(), IfMatch: posted.seen(q.org)})
	if isCode(err, roundtable.CodeVersionConflict) {
		if err := q.readUser(); err != nil {
			return err
		}
		v := view{Faults: []fault{{Text: q.words.Text("page.failed.changed_text")}}}
		return q.showProfileForm(http.StatusPreconditionFailed, profileOf(q.user), nil, v)
	}
	if err != nil {
		status := http.StatusBadRequest
		if isCode(err, roundtable.CodeForbidden) {
			status = http.StatusForbidden
		}
		return q.showProfileForm(status, posted, err, view{})
	}
	return q.goTo("/profile?done=saved")
}

// showProfileForm shows the form, with what stands against it; to whom may not change its
// profile, what that says.
func (q *request) showProfileForm(status int, p profile, wrong error, v view) error {
	if !q.user.Role.EditsItself() {
		p = profileOf(q.user)
	}
	fields, err := q.profileFields(p)
	if err != nil {
		return errors.Join(wrong, err)
	}
	if wrong != nil {
		var ok bool
		if v.Faults, ok = q.faults(wrong, fields); !ok {
			return wrong
		}
	}
	v.Title, v.Fields, v.Submit = q.words.Text("page.profile.title"), fields, q.words.Text("page.form.save")
	v.Hidden = []field{{Name: "version", Value: p.version}}
	v.Message = q.words.Text("page.profile.email", "email", q.user.Email)
	if !q.user.Role.EditsItself() {
		return q.show(status, "profile.html", v)
	}
	return q.show(status, "form_page.html", v)
}

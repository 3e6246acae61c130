package ui

import (
	"net/http"
	"strconv"
	"time"

	"github.com/roundtable-directory/roundtable"
)

// sessionLine is a session as the page tells of it.
type sessionLine struct {
	ID                                         int64
	Agent, Address, Way, Began, Seen, EndLabel string
	Here                                       bool
}

// ways are the texts for how a session began.
var ways = map[roundtable.SessionKind]string{
	roundtable.PasswordSession: "page.sessions.password",
	roundtable.SSOSession:      "page.sessions.sso",
	roundtable.TokenSession:    "page.sessions.token",
}

// listSessions is GET /sessions.
func (q *request) listSessions() error {
	sessions, err := q.pages.directory.ListSessions(q.Context(), q.caller, q.user.ID)
	if err != nil {
		return err
	}
	v := view{Title: q.words.Text("page.sessions.title")}
	if q.URL.Query().Get("done") == "ended" {
		v.Done = q.words.Text("page.sessions.ended")
	}
	for _, s := range sessions {
		agent := browser(string(s.Agent))
		if agent == "" {
			agent = q.words.Text("page.sessions.unknown")
		}
		began := q.words.DateTime(time.UnixMicro(int64(s.CreatedAt)))
		v.Sessions = append(v.Sessions, sessionLine{
			ID: s.ID, Agent: agent, Address: string(s.Address), Way: q.words.Text(ways[s.Kind]), Here: s.Current,
			Began:    q.words.Text("page.sessions.began", "date", began),
			Seen:     q.words.Text("page.sessions.seen", "date", q.words.DateTime(time.UnixMicro(int64(s.SeenAt)))),
			EndLabel: q.words.Text("page.sessions.end_label", "browser", agent, "date", began),
		})
	}
	return q.show(http.StatusOK, "sessions.html", v)
}

// endSession is POST /sessions/end.
func (q *request) endSession() error {
	id, err := strconv.ParseInt(q.form.Get("session"), 10, 64)
	if err != nil {
		return &roundtable.Error{Code: roundtable.CodeNotFound}
	}
	err = q.pages.directory.EndSession(q.Context(), q.caller, q.user.ID, id)
	if err != nil && !isCode(err, roundtable.CodeNotFound) { // it has ended already, or is another's
		return err
	}
	return q.goTo("/sessions?done=ended")
}

// endOtherSessions is POST /sessions/others.
func (q *request) endOtherSessions() error {
	if _, err := q.pages.directory.EndSessions(q.Context(), q.caller, q.user.ID); err != nil {
		return err
	}
	return q.goTo("/sessions?done=ended")
}

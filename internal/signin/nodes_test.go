package signin

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

// another starts one more node on the database of a house, which tells identity providers
// the address of the house. elsewhere is an address there instead.
func (h *house) another() (d *directory.Directory, elsewhere func(string) string) {
	h.t.Helper()
	d, service := h.node()
	server := httptest.NewTLSServer(service)
	h.t.Cleanup(server.Close)
	return d, func(address string) string { return strings.Replace(address, h.server.URL, server.URL, 1) }
}

// signedIn reports whether the last session that the pages were told of lets somebody in
// at a node.
func (h *house) signedIn(d *directory.Directory, user string) bool {
	h.pages.mu.Lock()
	session := h.pages.session
	h.pages.mu.Unlock()
	if session == nil {
		return false
	}
	origin := roundtable.Origin{Now: h.clock(), Address: netip.MustParseAddr("192.0.2.7")}
	caller, err := d.AuthenticateSession(h.t.Context(), session.Token, directory.Visitor{Origin: origin})
	return err == nil && caller.UserID == user
}

// What begins on one node ends on another, once.
func TestNodesFinishForEachOther(t *testing.T) {
	t.Parallel()
	h, p := logres(t)
	other, elsewhere := h.another()
	p.Person("1", "arthur@example.com")
	b := h.browser()
	at := h.answer(b, "logres")
	if b.noFollow().get(elsewhere(at)); b.status != http.StatusSeeOther || b.location != "/" {
		t.Errorf("answered elsewhere: %d %s %q\n%s", b.status, b.body, b.location, h.log.String())
	}
	if !h.signedIn(h.directory, arthur) || !h.signedIn(other, arthur) {
		t.Error("the session does not stand on both nodes")
	}
	h.wantSignedIn(b, "begun here, ended there", arthur)
	h.exec("DELETE FROM sessions")
	h.wantProblem(b.get(at), "the same answer, where it began", Expired)
	h.wantProblem(h.browser().get(elsewhere(h.answer(h.browser(), "logres"))), "another browser, elsewhere", Expired)
}

// An answer that arrives at both nodes at once lets in once.
func TestNodesTakeAnAnswerOnce(t *testing.T) {
	t.Parallel()
	h, p := logres(t)
	_, elsewhere := h.another()
	p.Person("1", "arthur@example.com")
	for range 5 {
		h.exec("DELETE FROM sessions")
		b := h.browser()
		at := h.answer(b, "logres")
		h.wantOnce(b, func(n int) (*http.Response, error) {
			return b.client.Get([]string{at, elsewhere(at)}[n%2])
		})
	}
}

// The same for SAML, and a replay on the other node.
func TestNodesTakeAnAssertionOnce(t *testing.T) {
	t.Parallel()
	h, a := logresBySAML(t)
	_, elsewhere := h.another()
	for range 5 {
		h.exec("DELETE FROM sessions")
		b := h.browser()
		h.signIn(b, "logres")
		acs, form := a.Answer()
		h.wantOnce(b, func(n int) (*http.Response, error) {
			return b.client.PostForm([]string{acs, elsewhere(acs)}[n%2], form)
		})
		h.exec("DELETE FROM sessions")
		b.client.CheckRedirect = nil
		h.wantProblem(b.post(elsewhere(acs), form), "replayed there", Expired)
		h.wantProblem(b.post(acs, form), "replayed here", Expired)
	}
	b := h.browser()
	h.signIn(b, "logres")
	acs, form := a.Answer()
	b.noFollow().post(elsewhere(acs), form)
	h.wantSignedIn(b, "begun here, answered there", arthur)
	h.exec("DELETE FROM sessions")
	h.wantProblem(post(a, b), "and then replayed here", Expired)
}

// wantOnce answers a request of a browser eight times at once: one answer lets in.
func (h *house) wantOnce(b *browser, answer func(int) (*http.Response, error)) {
	h.t.Helper()
	b.noFollow()
	bodies := make([]string, 8)
	var start, done sync.WaitGroup
	start.Add(1)
	for n := range bodies {
		done.Go(func() {
			start.Wait()
			response, err := answer(n)
			if err != nil {
				h.t.Error(err)
				return
			}
			defer response.Body.Close()
			text, err := io.ReadAll(response.Body)
			if err != nil {
				h.t.Error(err)
			}
			bodies[n] = strings.TrimSpace(string(text))
		})
	}
	start.Done()
	done.Wait()
	refused := 0
	for _, body := range bodies {
		if body == "Not signed in: "+string(Expired) {
			refused++
		}
	}
	if sessions := h.count("SELECT count(*) FROM sessions"); sessions != 1 || refused != len(bodies)-1 {
		h.t.Errorf("%d sessions, and %d of %d answers refused: %q\n%s", sessions, refused, len(bodies), bodies, h.log.String())
	}
}

// What is switched off on one node is off on the other: for who is on the way, who would
// set out, and who is in.
func TestNodesSeeThatItIsOff(t *testing.T) {
	t.Parallel()
	h, p := logres(t)
	other, elsewhere := h.another()
	p.Person("1", "arthur@example.com")
	h.signIn(h.browser(), "logres")
	if !h.signedIn(other, arthur) {
		t.Fatalf("not signed in\n%s", h.log.String())
	}
	underWay := h.browser()
	at := h.answer(underWay, "logres")
	off := byOIDC(p)
	off.Identifier, off.Enabled = roundtable.Some("logres"), roundtable.Some(false)
	if _, err := h.directory.SetSSO(t.Context(), h.caller(arthur), 1, roundtable.SSOChange{Patch: off, Force: true}); err != nil {
		t.Fatal(err)
	}
	if h.signedIn(other, arthur) {
		t.Error("who came in that way is still in")
	}
	h.wantProblem(underWay.get(elsewhere(at)), "on the way", Expired)
	h.wantProblem(h.browser().get(elsewhere(h.server.URL+"/sso/logres/login")), "setting out", NotThere)
	if login, err := other.SSOLogin(t.Context(), "arthur@example.com"); login != "" || err != nil {
		t.Errorf("discovered: %q %v", login, err)
	}
}

package directory

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// openSealing opens smallCompany where secrets can be kept.
func openSealing(t *testing.T) *opened {
	t.Helper()
	sealer, err := secret.NewSealer(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 32)), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return open(t, smallCompany(), Options{Sealer: sealer, PublicURL: "https://directory.example"})
}

func oidcPatch() roundtable.SSOPatch {
	return roundtable.SSOPatch{
		Type: some("oidc"), Identifier: some("leonesse"), Issuer: some("https://login.example"), ClientID: some("roundtable"), ClientSecret: some("Excalibur"),
	}
}

// setSSO sets the configuration of organisation 2, which has none, as its ORG_ADMIN.
func (d *opened) setSSO(t *testing.T, patch roundtable.SSOPatch) (*roundtable.SSOView, string) {
	t.Helper()
	view, err := d.SetSSO(t.Context(), d.caller(leodagan), 2, roundtable.SSOChange{Patch: patch})
	return view, wrong(t, err)
}

func (d *opened) configuration(t *testing.T, identifier string) *SSOConfiguration {
	t.Helper()
	c, err := d.SSOByIdentifier(t.Context(), identifier)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// enter signs in whom a proof is of, through the configuration of organisation 1 unless
// it is another.
func (d *opened) enter(t *testing.T, identifier string, purpose SSOPurpose, proof roundtable.SSOProof, assertion *SSOAssertion) (*NewSession, error) {
	t.Helper()
	request := &SSORequest{Configuration: d.configuration(t, identifier), Purpose: purpose}
	return d.SignInBySSO(t.Context(), Visitor{Origin: loopback()}, request, &proof, assertion)
}

func proofOf(n int) roundtable.SSOProof {
	return roundtable.SSOProof{
		Issuer: "https://login.org1.example", Subject: fmt.Sprint("subject ", n), Email: fmt.Sprintf("U%d@Example.com", n), EmailVerified: some(true),
	}
}

func TestSSOSecretIsSealed(t *testing.T) {
	d := openSealing(t)
	view, refusal := d.setSSO(t, oidcPatch())
	if refusal != "" || !view.HasSecret || view.LoginURL != "https://directory.example/sso/leonesse/login" {
		t.Fatalf("%+v %s", view, refusal)
	}
	if got := d.configuration(t, "leonesse").ClientSecret; got != "Excalibur" {
		t.Errorf("the secret is %q", got)
	}
	if text := fmt.Sprint(d.dump(t)); strings.Contains(text, "Excalibur") || strings.Contains(text, fmt.Sprintf("%X", "Excalibur")) {
		t.Error("the database holds the secret in clear")
	}
	d.exec(t, "UPDATE sso_configurations SET secret = (SELECT secret FROM sso_configurations WHERE identifier = 'leonesse') WHERE identifier = 'org-1'")
	if _, err := d.SSOByIdentifier(t.Context(), "org-1"); !errors.Is(err, ErrSSOSecretLost) {
		t.Errorf("a secret in another configuration: %v", err)
	}
	kept := oidcPatch()
	kept.ClientSecret, kept.ContactEmail = roundtable.Opt[string]{}, some("it@example.com")
	if view, _ = d.setSSO(t, kept); !view.HasSecret {
		t.Error("a secret that is not named goes")
	}
	kept.Issuer = some("https://login.elsewhere.example")
	if view, _ = d.setSSO(t, kept); view.HasSecret {
		t.Error("a secret stays with another issuer")
	}
}

// TestSSOReseal: all secrets come under the new key, or none does.
func TestSSOReseal(t *testing.T) {
	d := openSealing(t)
	d.setSSO(t, oidcPatch())
	before := d.configuration(t, "leonesse")
	sealer := func(n byte) *secret.Sealer {
		s, err := secret.NewSealer(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{n}, 32)), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	d.wantUnchanged(t, "the same key", func() {
		if _, err := d.Reseal(t.Context(), sealer(1)); !errors.Is(err, ErrSameSecretKey) {
			t.Errorf("the same key: %v", err)
		}
	})
	d.exec(t, "UPDATE sso_configurations SET secret = (SELECT secret FROM sso_configurations WHERE identifier = 'leonesse') WHERE identifier = 'org-1'")
	d.wantUnchanged(t, "a secret that cannot be opened", func() {
		if _, err := d.Reseal(t.Context(), sealer(2)); !errors.Is(err, secret.ErrSealed) || !strings.Contains(err.Error(), "org-1") {
			t.Errorf("a secret that cannot be opened: %v", err)
		}
	})
	d.exec(t, "UPDATE sso_configurations SET secret = NULL WHERE identifier = 'org-1'")
	for i, want := range []int{1, 0} {
		if n, err := d.Reseal(t.Context(), sealer(2)); n != want || err != nil {
			t.Errorf("time %d: %d %v", i+1, n, err)
		}
	}
	if _, err := d.SSOByIdentifier(t.Context(), "leonesse"); !errors.Is(err, ErrSSOSecretLost) {
		t.Errorf("under the key before: %v", err)
	}
	other := *d
	other.Directory = New(d.db, Options{Now: d.Directory.now, Sealer: sealer(2), PublicURL: "https://directory.example", UseEvery: time.Hour})
	t.Cleanup(other.Close)
	if after := other.configuration(t, "leonesse"); after.ClientSecret != before.ClientSecret || after.UpdatedAt != before.UpdatedAt {
		t.Errorf("%+v, before %+v", after, before)
	}
}

func TestSSOWithoutSecretKey(t *testing.T) {
	d := openSmall(t)
	_, refusal := d.setSSO(t, oidcPatch())
	wantRefusal(t, "without a key", refusal, "invalid (client_secret: no_secret_key)")
	public := oidcPatch()
	public.ClientSecret = roundtable.Opt[string]{}
	if _, refusal := d.setSSO(t, public); refusal != "" {
		t.Errorf("without a secret: %s", refusal)
	}
}

// TestSSOTestBeforeEnable: what was tested is what is switched on.
func TestSSOTestBeforeEnable(t *testing.T) {
	d := openSealing(t)
	d.setSSO(t, oidcPatch())
	on := oidcPatch()
	on.Enabled = some(true)
	_, refusal := d.setSSO(t, on)
	wantRefusal(t, "not tested", refusal, "invalid (enabled: sso_not_tested)")
	if _, err := d.enter(t, "leonesse", SSOTest, proofOf(leodagan), nil); err != nil {
		t.Fatal(err)
	}
	if rows := d.query(t, "SELECT 'x' FROM sessions UNION ALL SELECT 'y' FROM sso_links"); len(rows) > 0 {
		t.Errorf("a test leaves %v", rows)
	}
	if _, err := d.enter(t, "leonesse", SSOSignIn, proofOf(leodagan), nil); !errors.As(err, new(*SSORefused)) {
		t.Errorf("before it is switched on: %v", err)
	}
	other := on
	other.ClientSecret = some("Caliburn")
	_, refusal = d.setSSO(t, other)
	wantRefusal(t, "with another secret", refusal, "invalid (enabled: sso_not_tested)")
	if view, refusal := d.setSSO(t, on); refusal != "" || !view.Enabled {
		t.Fatalf("%+v %s", view, refusal)
	}
	if login, err := d.SSOLogin(t.Context(), "U13@example.com"); login != "https://directory.example/sso/leonesse/login" || err != nil {
		t.Errorf("%q %v", login, err)
	}
	for _, email := range []string{"u99@example.com", "no address", "", "u1@example.com", "u15@example.com"} { // nobody; a PROVIDER; an organisation without
		if login, err := d.SSOLogin(t.Context(), email); login != "" || err != nil {
			t.Errorf("%s: %q %v", email, login, err)
		}
	}
	// A proof that was verified with settings before is worth nothing with those of now.
	old := d.configuration(t, "leonesse")
	d.now = d.now.Add(time.Second)
	on.ContactEmail = some("it@example.com")
	d.setSSO(t, on)
	proof := proofOf(leodagan)
	if _, err := d.SignInBySSO(t.Context(), Visitor{}, &SSORequest{Configuration: old, Purpose: SSOSignIn}, &proof, nil); !errors.Is(err, ErrNoSSORequest) {
		t.Errorf("verified with other settings: %v", err)
	}
}

func TestSSOLinks(t *testing.T) {
	d := openSmall(t)
	session, err := d.enter(t, "org-1", SSOSignIn, proofOf(arthur), nil)
	if err != nil || session.UserID != userID(arthur) {
		t.Fatalf("%+v %v", session, err)
	}
	if rows := d.query(t, "SELECT user_id || ' ' || kind FROM sessions"); fmt.Sprint(rows) != fmt.Sprintf("[%s sso]", userID(arthur)) {
		t.Errorf("sessions: %v", rows)
	}
	if rows := d.query(t, "SELECT identifier FROM sso_configurations WHERE admin_signed_in_at IS NOT NULL"); fmt.Sprint(rows) != "[org-1]" {
		t.Errorf("the first administrator: %v", rows)
	}
	byOther := proofOf(arthur)
	byOther.Subject = "another"
	refusedBySSO(t, d, byOther, roundtable.SSOOtherSubject)
	bySubject := proofOf(arthur)
	bySubject.Email, bySubject.EmailVerified = "", roundtable.Opt[bool]{}
	if session, err := d.enter(t, "org-1", SSOSignIn, bySubject, nil); err != nil || session.UserID != userID(arthur) {
		t.Errorf("by subject: %+v %v", session, err)
	}
	d.update(t, merlin, arthur, setEmail("king@example.com"))
	refusedBySSO(t, d, proofOf(arthur), roundtable.SSONobody)
	renamed := byOther
	renamed.Email = "king@example.com"
	if session, err := d.enter(t, "org-1", SSOSignIn, renamed, nil); err != nil || session.UserID != userID(arthur) {
		t.Errorf("after a change of the address, for the first time again: %+v %v", session, err)
	}
	d.update(t, merlin, arthur, setOrg(2))
	refusedBySSO(t, d, renamed, roundtable.SSOElsewhere)
}

func refusedBySSO(t *testing.T, d *opened, proof roundtable.SSOProof, want roundtable.SSORefusal) {
	t.Helper()
	d.wantUnchanged(t, string(want), func() {
		_, err := d.enter(t, "org-1", SSOSignIn, proof, nil)
		if refused, ok := errors.AsType[*SSORefused](err); !ok || refused.Reason != want {
			t.Errorf("%v: %v, want %s", proof, err, want)
		}
	})
}

func TestSSOWhoIsLetIn(t *testing.T) {
	d := openSmall(t)
	for n, want := range map[int]roundtable.SSORefusal{
		merlin: roundtable.SSOElsewhere, leodagan: roundtable.SSOElsewhere, caius: roundtable.SSOElsewhere, nobody: roundtable.SSONobody,
		lancelot: roundtable.SSODisabled, galessin: roundtable.SSOStillInvited,
	} {
		refusedBySSO(t, d, proofOf(n), want)
	}
	unsaid := proofOf(perceval)
	unsaid.EmailVerified = roundtable.Opt[bool]{}
	refusedBySSO(t, d, unsaid, roundtable.SSOUnverified)
	d.update(t, arthur, galessin, roundtable.UserPatch{SSOOnly: some(true)})
	if _, err := d.enter(t, "org-1", SSOSignIn, proofOf(galessin), nil); err != nil {
		t.Fatal(err)
	}
	if user := d.user(t, galessin); user.Status != roundtable.Active || user.Version != 3 {
		t.Errorf("who was invited is %s, version %d", user.Status, user.Version)
	}
	if rows := d.query(t, "SELECT actor_id FROM events WHERE user_id = '"+userID(galessin)+"' AND version = 3"); fmt.Sprint(rows) != "["+userID(galessin)+"]" {
		t.Errorf("by whom: %v", rows)
	}
}

// TestSSOOfProvider: PROVIDER users come in by their provider's configuration, and nobody
// else does.
func TestSSOOfProvider(t *testing.T) {
	d := openSealing(t)
	patch := oidcPatch()
	patch.Identifier = some("kaamelott")
	set := func() {
		if _, err := d.SetProviderSSO(t.Context(), "kaamelott", roundtable.SSOChange{Patch: patch}); err != nil {
			t.Fatal(err)
		}
	}
	set()
	if _, err := d.enter(t, "kaamelott", SSOTest, proofOf(arthur), nil); err == nil {
		t.Error("an ORG_ADMIN tests it")
	}
	if _, err := d.enter(t, "kaamelott", SSOTest, proofOf(merlin), nil); err != nil {
		t.Fatal(err)
	}
	patch.Enabled = some(true)
	set()
	session, err := d.enter(t, "kaamelott", SSOSignIn, proofOf(merlin), nil)
	if err != nil || session.UserID != userID(merlin) {
		t.Errorf("%+v %v", session, err)
	}
	if _, err := d.enter(t, "kaamelott", SSOSignIn, proofOf(leodagan), nil); err == nil {
		t.Error("an ORG_ADMIN comes in")
	}
	if _, err := d.TryProviderSSO(t.Context(), "rome"); err == nil {
		t.Error("a provider without one tries it")
	}
	if _, err := d.ProviderSSO(t.Context(), "nowhere"); err == nil {
		t.Error("a provider that does not exist")
	}
	if err := d.DeleteProviderSSO(t.Context(), "kaamelott"); err != nil {
		t.Fatal(err)
	}
	if rows := d.query(t, "SELECT kind FROM sessions UNION ALL SELECT subject FROM sso_links"); len(rows) > 0 {
		t.Errorf("left: %v", rows)
	}
}

// TestSSORequests: a request is answered once, soon, and where it began.
func TestSSORequests(t *testing.T) {
	d := openSmall(t)
	begin := func(state string) {
		request := SSORequest{Configuration: d.configuration(t, "org-1"), Purpose: SSOSignIn, Nonce: "nonce", Verifier: "verifier", ReturnTo: "/posts"}
		if err := d.BeginSSO(t.Context(), Visitor{}, state, "browser", request); err != nil {
			t.Fatal(err)
		}
	}
	end := func(identifier, state, browser string) error {
		_, err := d.EndSSO(t.Context(), Visitor{}, identifier, state, browser)
		return err
	}
	begin("one")
	for what, err := range map[string]error{
		"another state": end("org-1", "two", "browser"), "another browser": end("org-1", "one", "other"),
		"another configuration": end("org-2", "one", "browser"), "no browser": end("org-1", "one", ""),
	} {
		if !errors.Is(err, ErrNoSSORequest) {
			t.Errorf("%s: %v", what, err)
		}
	}
	var won, lost int
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			err := end("org-1", "one", "browser")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case errors.Is(err, ErrNoSSORequest):
				lost++
			}
		})
	}
	all.Wait()
	if won != 1 || lost != 7 {
		t.Errorf("one request is answered %d times, and refused %d times", won, lost)
	}
	begin("late")
	d.now = d.now.Add(10 * time.Minute)
	if err := end("org-1", "late", "browser"); !errors.Is(err, ErrNoSSORequest) {
		t.Errorf("after ten minutes: %v", err)
	}
	begin("next")
	if rows := d.query(t, "SELECT return_to FROM sso_requests"); len(rows) != 1 {
		t.Errorf("%d requests are kept", len(rows))
	}
	try, err := d.TrySSO(t.Context(), d.caller(arthur), 1)
	if err != nil {
		t.Fatal(err)
	}
	_, token, _ := strings.Cut(try.URL, "token=")
	if err := end("org-1", token, ""); !errors.Is(err, ErrNoSSORequest) {
		t.Errorf("the token of a test is no state: %v", err)
	}
	request, err := d.OpenSSOTry(t.Context(), Visitor{}, "org-1", token)
	if err != nil || request.Purpose != SSOTest || request.UserID != userID(arthur) {
		t.Errorf("%+v %v", request, err)
	}
	if _, err := d.OpenSSOTry(t.Context(), Visitor{}, "org-1", token); !errors.Is(err, ErrNoSSORequest) {
		t.Errorf("a second time: %v", err)
	}
}

func TestSSOAssertionsAreTakenOnce(t *testing.T) {
	d := openSmall(t)
	assertion := &SSOAssertion{Hash: [32]byte{7}, Until: noon.Add(time.Minute)}
	if _, err := d.enter(t, "org-1", SSOSignIn, proofOf(arthur), assertion); err != nil {
		t.Fatal(err)
	}
	d.wantUnchanged(t, "a replay", func() {
		if _, err := d.enter(t, "org-1", SSOSignIn, proofOf(arthur), assertion); !errors.Is(err, ErrReplayed) {
			t.Errorf("again: %v", err)
		}
	})
	d.now = noon.Add(2 * time.Minute)
	other := &SSOAssertion{Hash: [32]byte{8}, Until: noon.Add(time.Hour)}
	if _, err := d.enter(t, "org-1", SSOSignIn, proofOf(arthur), other); err != nil {
		t.Fatal(err)
	}
	if rows := d.query(t, "SELECT 'x' FROM saml_assertions"); len(rows) != 1 {
		t.Errorf("%d are kept", len(rows))
	}
}

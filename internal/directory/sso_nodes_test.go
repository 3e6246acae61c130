package directory

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
)

// An assertion that is shown to two nodes at once, to each with a request of its own, is
// taken by one.
func TestNodesTakeAnAssertionOnce(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	nodes := []*opened{d, d.node(t)}
	for round := range 5 {
		assertion := &SSOAssertion{Hash: [32]byte{byte(round)}, Until: noon.Add(time.Minute)}
		var let atomic.Int32
		atOnce(8, func(i int) {
			_, err := nodes[i%2].enter(t, "org-1", SSOSignIn, proofOf(arthur), assertion)
			switch {
			case err == nil:
				let.Add(1)
			case !errors.Is(err, ErrReplayed):
				t.Errorf("%d: %v", i, err)
			}
		})
		if let.Load() != 1 {
			t.Errorf("one assertion lets in %d times", let.Load())
		}
	}
	if sessions := d.query(t, "SELECT 'x' FROM sessions"); len(sessions) != 5 {
		t.Errorf("%d sessions", len(sessions))
	}
}

// A proof that one node has verified is worth nothing once another has switched the
// configuration off, or made it another.
func TestNodesJudgeAProofAsOfNow(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]roundtable.SSOPatch{
		"off":     {Type: some("oidc"), Issuer: some("https://login.org1.example"), ClientID: some("roundtable"), Enabled: some(false)},
		"another": {Type: some("oidc"), Issuer: some("https://login.elsewhere.example"), ClientID: some("roundtable"), Enabled: some(false)},
	} {
		d := openSmall(t)
		other := d.node(t)
		request := &SSORequest{Configuration: other.configuration(t, "org-1"), Purpose: SSOSignIn}
		if _, err := other.enter(t, "org-1", SSOSignIn, proofOf(arthur), nil); err != nil {
			t.Fatal(err)
		}
		if _, err := d.SetSSO(t.Context(), d.caller(arthur), 1, roundtable.SSOChange{Patch: change, Force: true}); err != nil {
			t.Fatal(err)
		}
		proof := proofOf(arthur)
		session, err := other.SignInBySSO(t.Context(), Visitor{Origin: loopback()}, request, &proof, nil)
		refused, off := errors.AsType[*SSORefused](err)
		if session != nil || !errors.Is(err, ErrNoSSORequest) && (!off || refused.Reason != roundtable.SSOOff) {
			t.Errorf("%s: %v %v", what, session, err)
		}
		if rows := d.query(t, "SELECT kind FROM sessions"); len(rows) > 0 {
			t.Errorf("%s: sessions %v", what, fmt.Sprint(rows))
		}
	}
}

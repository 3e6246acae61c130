package directory

import (
	"fmt"
	"sync"
	"testing"

	"github.com/roundtable-directory/roundtable"
)

// A connection token lets in once, whatever comes at the same time on whatever node.
func TestConnectionTokenIsGoodOnce(t *testing.T) {
	t.Parallel()
	d := openHashed(t)
	other := d.node(t)
	issued, err := d.GenerateToken(t.Context(), d.caller(arthur), roundtable.TokenRequest{UserID: some(userID(perceval))})
	if err != nil {
		t.Fatal(err)
	}
	sessions := together(t, 8, func(i int) (*NewSession, error) {
		return []*opened{d, other}[i%2].SignInByConnectionToken(t.Context(), issued.Token, d.visitor(i))
	})
	if len(sessions) != 1 || sessions[0].UserID != userID(perceval) {
		t.Errorf("let in %d times", len(sessions))
	}
	view, err := d.CheckToken(t.Context(), d.caller(arthur), roundtable.TokenRequest{UserID: some(userID(perceval)), Token: some(issued.Token)})
	if err != nil || view.Status != roundtable.TokenConsumed {
		t.Errorf("then it is %+v, %v", view, err)
	}
}

// together does something n times at once and returns what those got that were not
// refused as unauthenticated.
func together[T any](t *testing.T, n int, do func(i int) (T, error)) (got []T) {
	t.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			result, err := do(i)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				got = append(got, result)
			} else if wrong(t, err) != "unauthenticated" {
				t.Error(err)
			}
		})
	}
	all.Wait()
	return got
}

func TestConnectionTokenRefuses(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]string{
		"disabled":   "UPDATE users SET disabled = TRUE WHERE id = ",
		"invited":    "UPDATE users SET status = 'invited' WHERE id = ",
		"sso_only":   "UPDATE users SET sso_only = TRUE WHERE id = ",
		"a PROVIDER": "UPDATE users SET role = 'PROVIDER' WHERE id = ",
		"revoked":    "UPDATE connection_tokens SET revoked_at = 1 WHERE user_id = ",
		"expired":    "UPDATE connection_tokens SET expires_at = " + fmt.Sprint(noon.UnixMicro()) + " WHERE user_id = ",
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			d := openHashed(t)
			issued, err := d.GenerateToken(t.Context(), d.caller(arthur), roundtable.TokenRequest{UserID: some(userID(perceval))})
			if err != nil {
				t.Fatal(err)
			}
			d.exec(t, change+"'"+userID(perceval)+"'")
			_, err = d.SignInByConnectionToken(t.Context(), issued.Token, d.visitor(1))
			wantRefusal(t, what, wrong(t, err), "unauthenticated")
		})
	}
}

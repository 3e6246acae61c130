package secret_test

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/roundtable-directory/roundtable/internal/secret"
)

// gate is a source of randomness that a test holds closed, and with it the
// caller that is at work.
type gate chan struct{}

func (g gate) Read(p []byte) (int, error) {
	<-g
	return len(p), nil
}

func TestHasher(t *testing.T) {
	t.Parallel()
	h := secret.NewHasher()
	hash, err := h.Hash(t.Context(), rand.Reader, password)
	if err != nil {
		t.Fatal(err)
	}
	if ok, again, err := h.Verify(t.Context(), hash, password); !ok || again || err != nil {
		t.Errorf("the right password: ok %v, needs rehash %v, error %v", ok, again, err)
	}
	if ok, _, err := h.Verify(t.Context(), hash, "wrong"); ok || err != nil {
		t.Errorf("a wrong password: ok %v, error %v", ok, err)
	}
}

func TestHasherTurnsAwayBeyondItsPlaces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, closed := secret.NewHasher(), make(gate)
		ctx, leave := context.WithCancel(t.Context())
		results := make(chan error, 33)
		enter := func(ctx context.Context) {
			_, err := h.Hash(ctx, closed, password)
			results <- err
		}
		go enter(t.Context())
		synctest.Wait() // one at work
		for range 32 {
			go enter(ctx)
		}
		synctest.Wait()
		if _, _, err := h.Verify(t.Context(), small, password); !errors.Is(err, secret.ErrBusy) {
			t.Errorf("with every place taken: %v", err)
		}
		leave()
		for range 32 {
			if err := <-results; !errors.Is(err, context.Canceled) {
				t.Errorf("who left while waiting: %v", err)
			}
		}
		close(closed)
		if err := <-results; err != nil {
			t.Errorf("who was at work: %v", err)
		}
		if ok, _, err := h.Verify(t.Context(), small, password); !ok || err != nil {
			t.Errorf("after everybody left: ok %v, error %v", ok, err)
		}
	})
}

func TestHasherRefusesWhoHasLeft(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(t.Context())
	leave()
	if _, err := secret.NewHasher().Hash(ctx, rand.Reader, password); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestHasherFreesItsPlaceAfterAnError(t *testing.T) {
	t.Parallel()
	h := secret.NewHasher()
	for range 40 {
		if _, err := h.Hash(t.Context(), failing{}, password); !errors.Is(err, errNoRandomness) {
			t.Fatalf("error %v", err)
		}
	}
}

var errNoRandomness = errors.New("no randomness")

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errNoRandomness }

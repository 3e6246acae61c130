package secret_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/roundtable-directory/roundtable/internal/secret"
)

// helperVariable tells the test program to be a helper.
const helperVariable = "ROUNDTABLE_TEST_HELPER"

func TestMain(m *testing.M) {
	switch os.Getenv(helperVariable) {
	case "serves":
		if err := secret.ServeDerivations(os.Stdin, os.Stdout); err != nil {
			panic(err)
		}
	case "babbles":
		os.Stdout.WriteString("nonsense\n")
	case "":
		m.Run()
	}
}

func helperThat(does string) *exec.Cmd {
	command := exec.Command(os.Args[0])
	command.Env = []string{helperVariable + "=" + does}
	return command
}

func helperCommand() *exec.Cmd { return helperThat("serves") }

// gate is a source of randomness that a test holds closed, and with it the
// caller that is at work.
type gate chan struct{}

func (g gate) Read(p []byte) (int, error) {
	<-g
	return len(p), nil
}

func TestHasher(t *testing.T) {
	t.Parallel()
	h := secret.NewHasher(nil)
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

func TestHelper(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	helper := secret.NewHelper(helperCommand, slog.New(slog.NewTextHandler(&log, nil)))
	defer helper.Close()
	h := secret.NewHasher(helper)
	for range 2 { // the second goes to the same process
		hash, err := h.Hash(t.Context(), rand.Reader, password)
		if err != nil {
			t.Fatal(err)
		}
		if ok, again := secret.VerifyPassword(hash, password); !ok || again {
			t.Errorf("verified here: ok %v, needs rehash %v", ok, again)
		}
		if ok, again, err := h.Verify(t.Context(), hash, password); !ok || again || err != nil {
			t.Errorf("the right password: ok %v, needs rehash %v, error %v", ok, again, err)
		}
	}
	if ok, again, err := h.Verify(t.Context(), small, password); !ok || !again || err != nil {
		t.Errorf("an old hash: ok %v, needs rehash %v, error %v", ok, again, err)
	}
	if ok, _, err := h.Verify(t.Context(), small, "wrong"); ok || err != nil {
		t.Errorf("a wrong password: ok %v, error %v", ok, err)
	}
	if log.Len() > 0 {
		t.Errorf("logged: %s", log.String())
	}
}

func TestHelperThatFails(t *testing.T) {
	t.Parallel()
	for name, command := range map[string]func() *exec.Cmd{
		"does not start": func() *exec.Cmd { return exec.Command("/nowhere/to/be/found") },
		"ends at once":   func() *exec.Cmd { return helperThat("ends") },
		"talks nonsense": func() *exec.Cmd { return helperThat("babbles") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log strings.Builder
			helper := secret.NewHelper(command, slog.New(slog.NewTextHandler(&log, nil)))
			defer helper.Close()
			for range 2 {
				ok, _, err := secret.NewHasher(helper).Verify(t.Context(), small, password)
				if !ok || err != nil {
					t.Errorf("ok %v, error %v", ok, err)
				}
			}
			if n := strings.Count(log.String(), "level=WARN"); n != 2 || strings.Contains(log.String(), password) {
				t.Errorf("logged %s", log.String())
			}
		})
	}
}

func TestHelperBeginsAgain(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	starts := 0
	helper := secret.NewHelper(func() *exec.Cmd {
		starts++
		if starts == 1 {
			return helperThat("ends")
		}
		return helperCommand()
	}, slog.New(slog.NewTextHandler(&log, nil)))
	defer helper.Close()
	for range 3 {
		if ok, _, err := secret.NewHasher(helper).Verify(t.Context(), small, password); !ok || err != nil {
			t.Errorf("ok %v, error %v", ok, err)
		}
	}
	if starts != 2 || strings.Count(log.String(), "level=WARN") != 1 {
		t.Errorf("%d processes, logged %s", starts, log.String())
	}
}

func TestHasherTurnsAwayBeyondItsPlaces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, closed := secret.NewHasher(nil), make(gate)
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
	if _, err := secret.NewHasher(nil).Hash(ctx, rand.Reader, password); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestHasherFreesItsPlaceAfterAnError(t *testing.T) {
	t.Parallel()
	h := secret.NewHasher(nil)
	for range 40 {
		if _, err := h.Hash(t.Context(), failing{}, password); !errors.Is(err, errNoRandomness) {
			t.Fatalf("error %v", err)
		}
	}
}

var errNoRandomness = errors.New("no randomness")

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errNoRandomness }

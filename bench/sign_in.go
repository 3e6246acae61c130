package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os/exec"
	"sync"
	"time"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// The row of sign-ins and that of what they cost at least. As many come at once as the
// server lets wait without turning anybody away.
const (
	signInMode    = "sign-in, 16"
	hashMode      = "hash alone, 16"
	signInPath    = "/login"
	everyPassword = "Roundtable!of-the-bench"
)

// signIn posts the form of the sign-in page as a browser does. The next one is somebody
// else's, until everybody was there.
func (g *generator) signIn() update {
	org, place := 1+g.count%g.world.orgs, g.count/g.world.orgs%g.world.perOrg
	g.count++
	u := user{org, place}
	form := url.Values{"email": {u.email()}, "password": {everyPassword}, "next": {"/"}}
	return update{target: u, path: signInPath, body: []byte(form.Encode()), want: http.StatusSeeOther}
}

// verifySignedIn asks the API for the sessions of somebody who has signed in.
func (s *server) verifySignedIn(ctx context.Context, u user) error {
	var list struct {
		Sessions []struct{ Kind string }
	}
	if err := s.get(ctx, u, "/sessions", &list); err != nil {
		return err
	}
	if len(list.Sessions) == 0 || list.Sessions[0].Kind != "password" {
		return fmt.Errorf("user %s has signed in, and its sessions are %v", u.id(), list.Sessions)
	}
	return nil
}

// setPasswords gives everybody in a database the same password.
func setPasswords(ctx context.Context, path string) error {
	hash, err := secret.HashPassword(rand.Reader, everyPassword)
	if err != nil {
		return err
	}
	d, err := db.Open(ctx, db.Options{Path: path})
	if err != nil {
		return err
	}
	err = d.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec("INSERT INTO passwords (user_id, hash, changed_at) SELECT id, $1, $2 FROM users", hash, seededAt)
		return err
	})
	return errors.Join(err, d.Close())
}

// newHashAlone is the subject that compares passwords as the server does, in the same
// process of the same program and with as many callers, and does nothing else.
func newHashAlone(m mode, binary string) (*subject, error) {
	hash, err := secret.HashPassword(rand.Reader, everyPassword)
	if err != nil {
		return nil, err
	}
	helper := secret.NewHelper(func() *exec.Cmd {
		command := exec.Command(binary, "hash-passwords")
		command.Env = []string{"GOMAXPROCS=1"}
		return command
	}, slog.Default()) // what it fails to do must be seen: it would be done here
	hasher := secret.NewHasher(helper)
	run := func(ctx context.Context, seconds int) (sample, error) {
		return hashFor(ctx, hasher, hash, m.connections, time.Duration(seconds)*time.Second)
	}
	return &subject{mode: m, run: run, stop: func() error { helper.Close(); return nil }}, nil
}

// hashFor compares a password over and over again, so many at a time.
func hashFor(ctx context.Context, hasher *secret.Hasher, hash string, callers int, length time.Duration) (sample, error) {
	done, errs := make([]int, callers), make([]error, callers)
	begin := time.Now()
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() {
			for errs[i] == nil && time.Since(begin) < length {
				var ok bool
				ok, _, errs[i] = hasher.Verify(ctx, hash, everyPassword)
				if errs[i] == nil && !ok {
					errs[i] = errors.New("the right password was refused")
				}
				done[i]++
			}
		})
	}
	group.Wait()
	total := 0
	for _, n := range done {
		total += n
	}
	return sample{rate: float64(total) / time.Since(begin).Seconds()}, errors.Join(errs...)
}

package secret

import (
	"context"
	"io"
	"sync/atomic"
)

const (
	hashing = 1  // passwords at work at a time
	waiting = 32 // callers that wait for their turn
)

// Hasher bounds what passwords cost: one is at work, 32 wait, more are turned
// away. So a flood of sign-ins takes 7 MiB and one core, not the machine.
type Hasher struct {
	places chan struct{} // one for each caller at work or waiting
	work   chan struct{}
	derive derive
	busy   atomic.Int64 // callers that were turned away
}

// NewHasher returns a Hasher with nobody in it. The work is done by the helper, or
// in this process if that is nil.
func NewHasher(helper *Helper) *Hasher {
	h := &Hasher{places: make(chan struct{}, hashing+waiting), work: make(chan struct{}, hashing), derive: deriveHere}
	if helper != nil {
		h.derive = helper.derive
	}
	return h
}

// Hash is HashPassword in turn. It returns ErrBusy when
// every place is taken, and the context's error when the caller has left; a
// caller that leaves frees its place.
func (h *Hasher) Hash(ctx context.Context, random io.Reader, password string) (hash string, err error) {
	err = h.inTurn(ctx, func() error {
		hash, err = hashPassword(h.derive, random, password)
		return err
	})
	return hash, err
}

// Verify is VerifyPassword in turn, with the errors of Hash.
func (h *Hasher) Verify(ctx context.Context, hash, password string) (ok, needsRehash bool, err error) {
	err = h.inTurn(ctx, func() error {
		ok, needsRehash = verifyPassword(h.derive, hash, password)
		return nil
	})
	return ok, needsRehash, err
}

func (h *Hasher) inTurn(ctx context.Context, do func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case h.places <- struct{}{}:
		defer func() { <-h.places }()
	default:
		h.busy.Add(1)
		return ErrBusy
	}
	select {
	case h.work <- struct{}{}:
		defer func() { <-h.work }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return do()
}

// Load is how much a Hasher has to do.
type Load struct {
	Hashing int   // passwords at work
	Waiting int   // callers that wait for their turn
	Refused int64 // callers that were turned away, since it began
}

// Load returns how much there is to do now.
func (h *Hasher) Load() Load {
	hashing := len(h.work)
	return Load{Hashing: hashing, Waiting: max(0, len(h.places)-hashing), Refused: h.busy.Load()}
}

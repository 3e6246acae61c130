package directory

import (
	"context"
	"strings"
	"time"
	"unicode"

	"github.com/roundtable-directory/roundtable"
)

// address is from where the visitor comes; empty: nobody knows.
func (v Visitor) address() string {
	if !v.Origin.Address.IsValid() {
		return ""
	}
	return v.Origin.Address.Unmap().WithZone("").String()
}

// agent is how the browser calls itself, short and without what could do harm where it is
// shown.
func (v Visitor) agent() string {
	text := strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, v.Agent)
	if runes := []rune(text); len(runes) > roundtable.MaxSessionAgent {
		text = string(runes[:roundtable.MaxSessionAgent])
	}
	return text
}

// refuse is a sign-in, or what is like one, that is refused, with its reason for the log
// only. It answers a whole number of refusal times after the beginning, whatever was found
// out and how long that took.
func (d *Directory) refuse(ctx context.Context, v Visitor, began time.Time, reason roundtable.Refusal) error {
	d.log.Warn("not signed in", "reason", string(reason), "address", v.address(), "request_id", v.RequestID)
	if err := d.refusalTimeAfter(ctx, began); err != nil {
		return err
	}
	return &roundtable.Error{Code: roundtable.CodeUnauthenticated}
}

// refusalTimeAfter waits for the next whole number of refusal times after the beginning.
func (d *Directory) refusalTimeAfter(ctx context.Context, began time.Time) error {
	return d.waitUntil(ctx, began.Add(time.Since(began).Truncate(d.refusalTime)+d.refusalTime))
}

// waitUntil waits for a moment, or until the caller is gone.
func (d *Directory) waitUntil(ctx context.Context, moment time.Time) error {
	timer := time.NewTimer(time.Until(moment))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// attemptSignIn counts an attempt to prove to be the owner of an account, and waits where
// it has to. It refuses with rate_limited.
func (d *Directory) attemptSignIn(ctx context.Context, account string, v Visitor, known bool) (attempt, error) {
	begun, wait := d.attempts.begin(account, v.Origin.Address, known, d.now())
	if wait > 0 {
		return begun, d.tooManyAttempts(v, wait)
	}
	defer begun.waited()
	if begun.delay > 0 {
		if err := d.waitUntil(ctx, time.Now().Add(begun.delay)); err != nil {
			begun.forgive()
			return begun, err
		}
	}
	return begun, nil
}

func (d *Directory) tooManyAttempts(v Visitor, wait time.Duration) error {
	d.log.Warn("not signed in", "reason", "too many attempts", "address", v.address(), "request_id", v.RequestID)
	return &roundtable.Error{Code: roundtable.CodeRateLimited, RetryAfter: wait}
}

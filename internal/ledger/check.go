package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
)

const (
	maxFaults = 20 // more tell nothing new
	readers   = 8
	pageSize  = 100
)

// fault notes what must not be; l.mu is held.
func (l *Ledger) fault(format string, args ...any) {
	if len(l.faults) < maxFaults {
		l.faults = append(l.faults, fmt.Sprintf(format, args...))
	}
}

// Check reads every user with its history from a server and holds them against the
// book: every acknowledged update took place once, no update took place twice or by
// half, none that was not sent. It may not run beside Load. The error names all
// faults, those of the answers to Load included.
func (l *Ledger) Check(ctx context.Context, url string) error {
	users := make(chan int)
	var done sync.WaitGroup
	for range readers {
		done.Go(func() {
			for user := range users {
				if err := l.checkUser(ctx, url, user); err != nil {
					l.mu.Lock()
					l.fault("user %d: %v", user, err)
					l.mu.Unlock()
				}
			}
		})
	}
	for user := range l.users {
		users <- user
	}
	close(users)
	done.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.faults) > 0 {
		return errors.New(strings.Join(l.faults, "\n"))
	}
	return nil
}

// Read reads one user, which does not need a database that writes.
func (l *Ledger) Read(ctx context.Context, url string) error {
	return l.read(ctx, url+"/v2/user/"+userID(0), new(struct{}))
}

// Settled is Check, and that nothing is left of which nobody knows.
func (l *Ledger) Settled(ctx context.Context, url string) error {
	err := l.Check(ctx, url)
	for _, writers := range l.writers {
		for _, w := range writers {
			if w.stored != w.acked {
				err = errors.Join(err, fmt.Errorf("user %d: %d updates are stored and %d acknowledged", w.user, w.stored, w.acked))
			}
		}
	}
	return err
}

// event is an event as the history shows it.
type event struct {
	ID      int
	Changes []struct {
		Field          string
		Before, After  *string
		Added, Removed []string
	}
	raw json.RawMessage // for people
}

// UnmarshalJSON keeps the text, too.
func (e *event) UnmarshalJSON(text []byte) error {
	type plain event
	e.raw = slices.Clone(text)
	return json.Unmarshal(text, (*plain)(e))
}

func (l *Ledger) checkUser(ctx context.Context, url string, user int) error {
	var now struct {
		Phone       *string
		FirstName   string   `json:"first_name"`
		BusinessIDs []string `json:"business_ids"`
	}
	if err := l.read(ctx, url+"/v2/user/"+userID(user), &now); err != nil {
		return err
	}
	events, err := l.history(ctx, url, user)
	if err != nil {
		return err
	}
	s, stored := state{firstName: firstName}, make([]int, len(l.writers[user]))
	for i, e := range events {
		if e.ID != i+2 {
			return fmt.Errorf("event %d stands where %d should", e.ID, i+2)
		}
		if s, err = l.replay(s, e, l.writers[user], stored); err != nil {
			return fmt.Errorf("event %d: %w, in %s", e.ID, err, e.raw)
		}
	}
	if deref(now.Phone) != s.phone || now.FirstName != s.firstName || !slices.Equal(now.BusinessIDs, s.shops) {
		return fmt.Errorf("is %+v, and its history ends with %+v", now, s)
	}
	for i, w := range l.writers[user] {
		if stored[i] < w.acked || stored[i] > w.mostSent() {
			return fmt.Errorf("writer %d: %d updates took place; %d were acknowledged and %d sent", i, stored[i], w.acked, w.mostSent())
		}
		w.stored = stored[i]
	}
	return nil
}

// replay is the state after an event, which must be the whole next update of one of
// the writers.
func (l *Ledger) replay(before state, e event, writers []*writer, stored []int) (state, error) {
	got := before
	for _, c := range e.Changes {
		switch c.Field {
		case "phone":
			if deref(c.Before) != got.phone {
				return got, fmt.Errorf("the phone was %q", got.phone)
			}
			got.phone = deref(c.After)
		case "first_name":
			if deref(c.Before) != got.firstName {
				return got, fmt.Errorf("the first name was %q", got.firstName)
			}
			got.firstName = deref(c.After)
		case "business_ids":
			got.shops = slices.DeleteFunc(slices.Concat(got.shops, c.Added), func(id string) bool { return slices.Contains(c.Removed, id) })
			slices.Sort(got.shops)
		default:
			return got, fmt.Errorf("%s was never sent", c.Field)
		}
	}
	for i, w := range writers {
		want := w.after(before, stored[i]+1)
		if got.phone == want.phone && got.firstName == want.firstName && slices.Equal(got.shops, want.shops) {
			stored[i]++
			return got, nil
		}
	}
	return got, fmt.Errorf("it is no whole next update, after %v", stored)
}

// history is all events of a user, oldest first.
func (l *Ledger) history(ctx context.Context, url string, user int) ([]event, error) {
	var all []event
	for page := 1; ; page++ {
		var part struct {
			Count   int
			History []event
		}
		if err := l.read(ctx, fmt.Sprintf("%s/v2/user/%s/history?per_page=%d&page=%d", url, userID(user), pageSize, page), &part); err != nil {
			return nil, err
		}
		all = append(all, part.History...)
		if len(all) >= part.Count || len(part.History) == 0 {
			slices.Reverse(all)
			return all, nil
		}
	}
}

func (l *Ledger) read(ctx context.Context, url string, into any) error {
	got, err := l.ask(ctx, http.MethodGet, url, "", "")
	if err == nil && got.status != http.StatusOK {
		err = fmt.Errorf("%s: %d %s", url, got.status, got.body)
	}
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(got.body), into)
}

func deref(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

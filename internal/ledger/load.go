package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	patience   = 30 * time.Second      // for one answer
	retryPause = 50 * time.Millisecond // before an update is sent again
)

// Load updates through the servers at urls until ctx ends; what was sent by then is
// waited for. Updates take turns among the servers; one that fails goes on at the next.
func (l *Ledger) Load(ctx context.Context, urls ...string) {
	l.mu.Lock()
	l.last = time.Now()
	l.mu.Unlock()
	var connections sync.WaitGroup
	for i, writers := range l.connect {
		connections.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				w, at := writers[n%len(writers)], i+n
				for !l.step(ctx, urls[at%len(urls)], w) {
					at++
					if !pause(ctx) {
						return
					}
				}
			}
		})
	}
	connections.Wait()
}

// Settle sends what is not acknowledged until it is.
func (l *Ledger) Settle(ctx context.Context, urls ...string) error {
	var connections sync.WaitGroup
	for i, writers := range l.connect {
		connections.Go(func() {
			at := i
			for _, w := range writers {
				for w.sent > w.acked && !l.step(ctx, urls[at%len(urls)], w) {
					at++
					if !pause(ctx) {
						return
					}
				}
			}
		})
	}
	connections.Wait()
	return ctx.Err()
}

// pause reports false when ctx has ended.
func pause(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(retryPause):
		return true
	}
}

// step sends the next update of a writer, which may be one that was sent before. It
// reports whether it was acknowledged.
func (l *Ledger) step(ctx context.Context, url string, w *writer) bool {
	n := w.acked + 1
	next := w.after(state{}, n)
	body := map[string]any{"phone": next.phone, "first_name": next.firstName}
	if withShops(n) {
		body["business_ids"] = next.shops
	}
	text, _ := json.Marshal(body) // strings always encode
	w.sent = n
	begun := time.Now()
	answer, err := l.ask(context.WithoutCancel(ctx), http.MethodPost, url+"/v2/user/"+userID(w.user), string(text), fmt.Sprintf("%d-%d-%d", w.user, w.number, n))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tally.Slowest = max(l.tally.Slowest, time.Since(begun))
	replayed := answer.header.Get("Idempotent-Replayed") != ""
	switch {
	case err == nil && answer.status == http.StatusOK:
		if n <= w.stored && !replayed {
			l.fault("user %d: update %d of %d was stored, and sending it again was no replay", w.user, n, w.number)
		}
		w.acked = n
		l.acknowledge(replayed)
		return true
	case err == nil && (answer.status != http.StatusServiceUnavailable || answer.header.Get("Retry-After") == ""):
		l.fault("user %d: answered %d, Retry-After %q, %s", w.user, answer.status, answer.header.Get("Retry-After"), answer.body)
	}
	l.tally.Unanswered++
	return false
}

// acknowledge counts; l.mu is held.
func (l *Ledger) acknowledge(replayed bool) {
	now := time.Now()
	l.tally.Acknowledged++
	if replayed {
		l.tally.Replayed++
	}
	l.tally.Pause = max(l.tally.Pause, now.Sub(l.last))
	l.last = now
	if l.awaited--; l.awaited == 0 {
		close(l.more)
		l.more = make(chan struct{})
	}
}

// Await returns after so many more acknowledgements. One at a time may wait.
func (l *Ledger) Await(ctx context.Context, acknowledgements int) error {
	l.mu.Lock()
	l.awaited = acknowledgements
	more := l.more
	l.mu.Unlock()
	select {
	case <-more:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waited for %d acknowledgements: %w", acknowledgements, ctx.Err())
	}
}

// Tally returns what happened since it was last asked for.
func (l *Ledger) Tally() Tally {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.tally
	l.tally = Tally{}
	return t
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (l *Ledger) ask(ctx context.Context, method, url, body, retry string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("x-APIKey", key)
	if retry != "" {
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Idempotency-Key", retry)
	}
	response, err := l.client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(text)}, err
}

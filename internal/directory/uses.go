package directory

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/roundtable-directory/roundtable"
)

// Bounds of what is remembered of uses.
const (
	maxUses     = 100_000 // keys; a use beyond is not noted, the key's next one may be
	usesPerItem = 500     // keys that one operation writes, so that others wait for few
)

// uses remembers when keys were last used, so that no request costs a write. What is
// not yet written when the process dies is lost.
type uses struct {
	mu        sync.Mutex
	byKey     map[int64]use
	bySession map[int64]sessionUse
}

// use is the last use of a key.
type use struct {
	keyID int64
	orgID int64
	at    int64 // Unix microseconds
}

// note remembers a use of a key that was let in.
func (u *uses) note(actor roundtable.Actor, from roundtable.Origin) {
	u.keep(use{keyID: actor.Key.ID, orgID: actor.User.OrgID, at: from.Now.UnixMicro()})
}

// keep remembers uses, of each key the last.
func (u *uses) keep(list ...use) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.byKey == nil {
		u.byKey = make(map[int64]use)
	}
	for _, next := range list {
		known, has := u.byKey[next.keyID]
		if has && known.at >= next.at || !has && len(u.byKey) >= maxUses {
			continue
		}
		u.byKey[next.keyID] = next
	}
}

// take returns the uses in the order of their keys, and forgets them.
func (u *uses) take() []use {
	u.mu.Lock()
	byKey := u.byKey
	u.byKey = nil
	u.mu.Unlock()
	list := make([]use, 0, len(byKey))
	for _, last := range byKey {
		list = append(list, last)
	}
	slices.SortFunc(list, func(a, b use) int { return cmp.Compare(a.keyID, b.keyID) })
	return list
}

// keepUses writes what was used, time after time, until ctx ends, and then once more.
func (d *Directory) keepUses(ctx context.Context, every time.Duration) {
	defer close(d.usesKept)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			d.writeUses()
		case <-ctx.Done():
			d.writeUses()
			return
		}
	}
}

// writeUses writes the uses so far through the write path. What cannot be written is
// kept for the next time.
func (d *Directory) writeUses() {
	d.writeSessionUses()
	for list := range slices.Chunk(d.uses.take(), usesPerItem) {
		it := &item{ctx: context.Background(), server: true, bulk: true, weight: len(list), answered: make(chan struct{})}
		it.do = func(o *operation) error { return o.writeUses(list) }
		err := d.queue.push(it)
		if err == nil {
			<-it.answered
			err = it.err
		}
		if err != nil {
			d.uses.keep(list...)
			d.log.Warn("use of keys not written", "keys", len(list), "error", err)
		}
	}
}

// writeUses writes uses of keys and of their organisations. Of a key that was revoked
// since, or is gone, there is nothing to write.
func (o *operation) writeUses(list []use) error {
	orgs := make(map[int64]int64)
	for _, last := range list {
		orgs[last.orgID] = max(orgs[last.orgID], last.at)
		_, err := o.tx.Exec("UPDATE api_keys SET last_used_at = $2 WHERE id = $1 AND revoked_at IS NULL AND (last_used_at IS NULL OR last_used_at < $2)",
			last.keyID, last.at)
		if err != nil {
			return err
		}
	}
	for _, org := range slices.Sorted(maps.Keys(orgs)) {
		_, err := o.tx.Exec("UPDATE orgs SET last_api_call_at = $2 WHERE id = $1 AND (last_api_call_at IS NULL OR last_api_call_at < $2)",
			org, orgs[org])
		if err != nil {
			return err
		}
	}
	return nil
}

package directory

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/roundtable-directory/roundtable"
)

// Bounds of what is remembered of uses.
const (
	maxUses     = 100_000 // keys, and as many sessions; a use beyond is not noted, the next one may be
	usesPerItem = 500     // that one operation writes, so that others wait for few
)

// uses remembers when keys and sessions were last used, so that no request costs a
// write. What is not yet written when the process dies is lost.
type uses struct {
	keys     lastUses[use]
	sessions lastUses[sessionUse]
}

// lastUses remember of each key, or of each session, its last use.
type lastUses[U interface{ last() (id, at int64) }] struct {
	mu   sync.Mutex
	byID map[int64]U
}

func (u *lastUses[U]) keep(list ...U) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.byID == nil {
		u.byID = make(map[int64]U)
	}
	for _, next := range list {
		id, at := next.last()
		known, has := u.byID[id]
		_, knownAt := known.last()
		if has && knownAt >= at || !has && len(u.byID) >= maxUses {
			continue
		}
		u.byID[id] = next
	}
}

// take returns the uses in the order of their ids, and forgets them.
func (u *lastUses[U]) take() []U {
	u.mu.Lock()
	byID := u.byID
	u.byID = nil
	u.mu.Unlock()
	list := make([]U, 0, len(byID))
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		list = append(list, byID[id])
	}
	return list
}

// write writes the uses so far through the write path. What cannot be written is kept
// for the next time.
func (u *lastUses[U]) write(d *Directory, of string, write func(*operation, []U) error) {
	for list := range slices.Chunk(u.take(), usesPerItem) {
		_, err := asServer(context.Background(), d, len(list), func(o *operation) (struct{}, error) { return struct{}{}, write(o, list) })
		if err != nil {
			u.keep(list...)
			d.log.Warn("use of "+of+" not written", of, len(list), "error", err)
		}
	}
}

// use is the last use of a key.
type use struct {
	keyID int64
	orgID int64
	at    int64 // Unix microseconds
}

func (u use) last() (id, at int64) { return u.keyID, u.at }

// note remembers a use of a key that was let in.
func (u *uses) note(actor roundtable.Actor, from roundtable.Origin) {
	u.keys.keep(use{keyID: actor.Key.ID, orgID: actor.User.OrgID, at: from.Now.UnixMicro()})
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

func (d *Directory) writeUses() {
	d.uses.sessions.write(d, "sessions", (*operation).writeSessionUses)
	d.uses.keys.write(d, "keys", (*operation).writeUses)
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

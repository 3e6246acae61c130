package directory

import (
	"maps"
	"slices"
	"time"

	"github.com/roundtable-directory/roundtable"
)

// workingSet is what a batch has read, kept up to date as its items are judged:
// each item sees what those before it did.
type workingSet struct {
	d     *Directory
	now   time.Time
	facts *roundtable.Facts
	keys  map[int64]*storedKey
	users map[string]*roundtable.User // present state

	sessions map[int64]*storedSession // nil: no caller has one

	stored    map[string]*roundtable.User // state in the database
	listed    map[string]bool             // users whose lists were read with them, on a guess
	positions map[string][]placement      // of each user, its businesses in the database
	regraded  map[string]bool             // users whose standing this batch has changed
	outrun    map[string]bool             // users whom others changed before this batch could
	outcomes  []recorded                  // what is to be written
	retries   map[[32]byte]bool           // scopes of the requests of this batch that may be sent again
}

// recorded is an outcome with who brought it about.
type recorded struct {
	item    *item
	outcome *roundtable.Outcome
}

func (d *Directory) newWorkingSet() *workingSet {
	return &workingSet{
		d: d, now: d.now(),
		facts: &roundtable.Facts{
			Orgs: make(map[int64]*roundtable.Org), Groups: make(map[int64]roundtable.Group),
			Businesses: make(map[string]roundtable.Business), EmailOwners: make(map[string]string),
			Admins: make(map[int64]map[string]bool), Credentials: make(map[string]roundtable.Credentials),
		},
		keys: make(map[int64]*storedKey), users: make(map[string]*roundtable.User),
		stored: make(map[string]*roundtable.User), positions: make(map[string][]placement),
		regraded: make(map[string]bool), outrun: make(map[string]bool), retries: make(map[[32]byte]bool),
	}
}

// judge judges one item and takes what it changes into the working set, if it is to be
// applied.
func (w *workingSet) judge(it *item, why purpose) (*roundtable.Outcome, error) {
	actor, err := w.actor(it.caller)
	if err != nil {
		return nil, err
	}
	outcome, err := w.judgeUpdate(actor, it, why)
	if err != nil {
		return nil, err
	}
	if outcome.Changed() && why == toApply {
		w.apply(it, outcome)
	}
	return outcome, nil
}

func (w *workingSet) judgeUpdate(actor roundtable.Actor, it *item, why purpose) (outcome *roundtable.Outcome, err error) {
	if !it.patch().Email.Set || why == toReplay {
		return w.rule(actor, it, false)
	}
	err = w.d.emails.judge(actor.User.OrgID, w.now, func(limitReached bool) error {
		outcome, err = w.rule(actor, it, limitReached)
		return err
	})
	if saysTaken(err) {
		w.d.log.Info("e-mail address taken", "user_id", actor.User.ID, "target_id", it.target, "request_id", it.caller.RequestID)
	}
	return outcome, err
}

// rule has the root package judge an item.
func (w *workingSet) rule(actor roundtable.Actor, it *item, limitReached bool) (*roundtable.Outcome, error) {
	if it.create != nil {
		creation := *it.create
		creation.EmailLimitReached = limitReached
		return roundtable.CreateUser(actor, &creation, w.facts)
	}
	update := *it.update
	update.EmailLimitReached = limitReached
	return roundtable.UpdateUser(actor, w.users[it.target], &update, w.facts)
}

func (w *workingSet) apply(it *item, o *roundtable.Outcome) {
	before, after := o.Before, o.After
	w.users[after.ID] = after
	w.outcomes = append(w.outcomes, recorded{it, o})
	w.facts.Credentials[after.ID] = o.Credentials
	if before.EmailKey != after.EmailKey {
		delete(w.facts.EmailOwners, before.EmailKey)
		w.facts.EmailOwners[after.EmailKey] = after.ID
	}
	w.regraded[after.ID] = w.regraded[after.ID] || after.StandingDiffers(before)
	w.facts.CountAdmin(before, after)
}

// mustWait reports whether an item has to be judged by a later batch: the
// standing of its caller or target was changed by this one, so that the rules may
// need facts which were not loaded.
func (w *workingSet) mustWait(it *item) bool {
	return w.regraded[it.caller.UserID] || w.regraded[it.target]
}

// keys returns the members of a set in order, for statements that lock rows.
func keys[K int64 | string](set map[K]bool) []K { return slices.Sorted(maps.Keys(set)) }

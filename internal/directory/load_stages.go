package directory

import (
	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// What is asked for in this package arrives with the next statement that somebody waits
// for, so that what does not depend on each other is read in one round trip.

// load reads what judging the items takes, set-wise and in as few stages as follow from
// each other: who it is about, what the rules want of them, and what their lists lead to.
func (w *workingSet) load(tx *db.Tx, items []*item) error {
	orgs := w.guess(items)
	if err := arrived(tx, w.askUsers(tx, items), w.askOrgs(tx, orgs), w.askListRows(tx, keys(w.listed))); err != nil {
		return err
	}
	wanted := w.wanted(items)
	if err := arrived(tx,
		w.askOrgs(tx, keys(wanted.orgs)), w.askLists(tx, keys(wanted.lists)), w.askEmailOwners(tx, wanted),
		w.askAdmins(tx, wanted), w.askCredentials(tx, wanted)); err != nil {
		return err
	}
	w.wantReferences(items, wanted)
	if err := w.loadOverlaps(tx, wanted); err != nil {
		return err
	}
	return arrived(tx, w.askBusinesses(tx, wanted), w.askGroups(tx, wanted))
}

// guess says what the rules are likely to want, by what callers were when they were last
// seen, so that it arrives with the users: their organisations, and the lists of those who
// manage by groups and of whom they change. What was not guessed is read behind it.
func (w *workingSet) guess(items []*item) (orgs []int64) {
	of := make(map[int64]bool)
	w.listed = make(map[string]bool)
	for _, it := range items {
		of[it.caller.OrgID] = true
		if it.caller.role != roundtable.GroupManager {
			continue
		}
		w.listed[it.caller.UserID] = true
		if it.create == nil && roundtable.ValidID(it.target) {
			w.listed[it.target] = true
		}
	}
	return keys(of)
}

// arrived waits for what was asked, unless asking failed.
func arrived(tx *db.Tx, asked ...error) error {
	for _, err := range asked {
		if err != nil {
			return err
		}
	}
	return tx.Flush()
}

func (w *workingSet) loadUsers(tx *db.Tx, items []*item) error {
	return arrived(tx, w.askUsers(tx, items))
}

func (w *workingSet) loadUsersByID(tx *db.Tx, ids []string) error {
	return arrived(tx, w.askUsersByID(tx, ids))
}

func (w *workingSet) loadOrgs(tx *db.Tx, ids []int64) error { return arrived(tx, w.askOrgs(tx, ids)) }

func (w *workingSet) loadLists(tx *db.Tx, ids []string) error {
	return arrived(tx, w.askLists(tx, ids))
}

func (w *workingSet) loadOverlaps(tx *db.Tx, wanted *wantedFacts) error {
	return arrived(tx, w.askOverlaps(tx, wanted))
}

func (w *workingSet) loadBusinesses(tx *db.Tx, wanted *wantedFacts) error {
	return arrived(tx, w.askBusinesses(tx, wanted))
}

func (w *workingSet) loadGroups(tx *db.Tx, wanted *wantedFacts) error {
	return arrived(tx, w.askGroups(tx, wanted))
}

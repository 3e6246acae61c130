package directory

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// Statuses that a list of keys can be narrowed to.
const (
	KeysActive   = "active"
	KeysInactive = "inactive" // disabled or expired
	KeysDisabled = "disabled" // revoked
	KeysExpired  = "expired"
)

// APIKeyFilter narrows a list of keys; what is empty narrows nothing.
type APIKeyFilter struct {
	Status     string
	Kind       string
	SearchText string // in the label, or the very text of a key
}

// APIKeys is a page of keys.
type APIKeys struct {
	Count int
	Keys  []*roundtable.APIKeyView
}

// APIKeys returns the keys that the caller may READ, oldest first. all tells the
// permissions that are listed, not only those that count.
func (d *Directory) APIKeys(ctx context.Context, caller Caller, filter APIKeyFilter, page Page, all bool) (*APIKeys, error) {
	return reading(ctx, d, caller, func(o *operation) (*APIKeys, error) {
		if err := roundtable.ListAPIKeys(o.actor); err != nil {
			return nil, err
		}
		q := o.scopedKeys()
		q.narrow(filter, o.now)
		found := &APIKeys{}
		if _, err := o.tx.One("SELECT count(*)"+q.text(), q.args, &found.Count); err != nil {
			return nil, err
		}
		if page.beyond(found.Count) {
			return found, nil
		}
		var err error
		found.Keys, err = o.listAPIKeys(q, page, all)
		return found, err
	})
}

// keyQuery is a query over keys and their owners while it is put together.
type keyQuery struct {
	conditions []string
	args       []any
}

// place takes an argument and returns its placeholder.
func (q *keyQuery) place(arg any) string {
	q.args = append(q.args, arg)
	return "$" + strconv.Itoa(len(q.args))
}

func (q *keyQuery) where(condition string) { q.conditions = append(q.conditions, condition) }

func (q *keyQuery) text() string {
	return " FROM api_keys k JOIN users u ON u.id = k.user_id WHERE " + strings.Join(q.conditions, " AND ")
}

// scopedKeys is the keys that the caller may READ: its own, and as an administrator
// the bot keys of those it administers.
func (o *operation) scopedKeys() *keyQuery {
	q, user := &keyQuery{}, o.actor.User
	me := q.place(user.ID)
	owners, readsBots := user.Role.ReadsBotKeys()
	if !readsBots {
		q.where("k.user_id = " + me + " AND k.kind = " + q.place(roundtable.UserKey))
		return q
	}
	var orgs string
	if user.Role == roundtable.Provider {
		orgs = " IN (SELECT id FROM orgs WHERE provider_id = " + q.place(o.facts.Orgs[user.OrgID].ProviderID) + ")"
	} else {
		orgs = " = " + q.place(user.OrgID)
	}
	roles := make([]string, len(owners))
	for i, role := range owners {
		roles[i] = q.place(role)
	}
	q.where("k.id IN (SELECT id FROM api_keys WHERE user_id = " + me + " UNION ALL SELECT id FROM api_keys WHERE bot_org_id" + orgs + ")")
	q.where("(u.id = " + me + " OR u.org_id = k.bot_org_id AND u.role IN (" + strings.Join(roles, ", ") + "))")
	return q
}

// narrow adds the conditions of a filter.
func (q *keyQuery) narrow(filter APIKeyFilter, now time.Time) {
	if filter.Kind != "" {
		q.where("k.kind = " + q.place(filter.Kind))
	}
	today := func() string { return q.place(now.UTC().Format(time.DateOnly)) }
	switch filter.Status {
	case KeysActive:
		q.where("k.revoked_at IS NULL AND (k.expiration_date IS NULL OR k.expiration_date > " + today() + ")")
	case KeysInactive:
		q.where("(k.revoked_at IS NOT NULL OR k.expiration_date <= " + today() + ")")
	case KeysDisabled:
		q.where("k.revoked_at IS NOT NULL")
	case KeysExpired:
		q.where("k.expiration_date <= " + today())
	}
	if filter.SearchText == "" {
		return
	}
	hash := secret.HashAPIKey(filter.SearchText)
	place := q.place(hash[:])
	matches := "k.secret_hash = " + place + " OR k.previous_secret_hash = " + place
	if folded := roundtable.Fold(filter.SearchText); folded != "" {
		matches += " OR k.label_key LIKE " + q.place(containing(folded)) + " ESCAPE '!'"
	}
	q.where("(" + matches + ")")
}

func (o *operation) listAPIKeys(q *keyQuery, page Page, all bool) ([]*roundtable.APIKeyView, error) {
	limits := " ORDER BY k.id LIMIT " + q.place(page.PerPage) + " OFFSET " + q.place(page.offset())
	var records []*roundtable.APIKeyRecord
	var people []*string
	err := o.tx.Each("SELECT "+o.d.records.of("k")+q.text()+limits, q.args, func(rows *db.Rows) error {
		key := new(roundtable.APIKeyRecord)
		err := rows.Scan(o.d.records.into(key)...)
		records, people = append(records, key), append(people, key.CreatedBy, key.RevokedBy)
		return err
	})
	if err != nil {
		return nil, err
	}
	owners := make([]string, len(records))
	for i, key := range records {
		owners[i] = key.UserID
	}
	if err := o.loadMissing(owners...); err != nil {
		return nil, err
	}
	readable, err := o.readableUsers(people...)
	if err != nil {
		return nil, err
	}
	views := make([]*roundtable.APIKeyView, len(records))
	for i, key := range records {
		views[i] = key.View(o.users[key.UserID], readable, all, o.now)
	}
	return views, nil
}

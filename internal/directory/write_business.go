package directory

import (
	"context"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// CreateBusiness makes a business, or returns a *roundtable.Error that says everything
// that stands against it.
func (d *Directory) CreateBusiness(ctx context.Context, caller Caller, update roundtable.BusinessUpdate) (*roundtable.BusinessView, error) {
	var err error
	if update.ID, err = d.ids.next(d.random, d.now()); err != nil {
		return nil, err
	}
	return changing(ctx, d, caller, 1, func(o *operation) (*roundtable.BusinessView, error) {
		orgID := o.actor.User.OrgID
		if asked := update.Patch.OrgID; asked.Set && !asked.Null {
			orgID = asked.Value
		}
		code := update.Patch.Code()
		if code == "" {
			code = update.ID
		}
		if err := o.loadForBusiness(&update, orgID, code); err != nil {
			return nil, err
		}
		outcome, err := roundtable.CreateBusiness(o.actor, &update, o.facts)
		if err != nil {
			return nil, err
		}
		if err := insertBusiness(o.tx, outcome.After); err != nil {
			return nil, err
		}
		return o.view(outcome.After), o.regroupBusiness(outcome.After, nil, outcome.After.GroupIDs)
	})
}

// UpdateBusiness changes a business, by its id or as c- and its code.
func (d *Directory) UpdateBusiness(ctx context.Context, caller Caller, path string, update roundtable.BusinessUpdate) (*roundtable.BusinessView, error) {
	return changing(ctx, d, caller, 1, func(o *operation) (*roundtable.BusinessView, error) {
		target, err := o.businessAt(path)
		if err != nil {
			return nil, err
		}
		if target != nil {
			if err := o.loadForBusiness(&update, target.OrgID, update.Patch.Code()); err != nil {
				return nil, err
			}
		}
		outcome, err := roundtable.UpdateBusiness(o.actor, target, &update, o.facts)
		if err != nil || outcome.After == outcome.Before {
			return o.viewUnless(err, target), err
		}
		if err := updateBusiness(o.tx, outcome.After); err != nil {
			return nil, err
		}
		return o.view(outcome.After), o.regroupBusiness(target, target.GroupIDs, outcome.After.GroupIDs)
	})
}

func (o *operation) viewUnless(err error, target *roundtable.BusinessProfile) *roundtable.BusinessView {
	if err != nil {
		return nil
	}
	return o.view(target)
}

// unassignedAtOnce is about how many users a business leaves when it ends.
const unassignedAtOnce = 100

// DeleteBusiness ends a business, by its id or as c- and its code: it leaves its groups
// and the list of every user, in whose history that stands, and its reviews go with it.
// It returns the id.
func (d *Directory) DeleteBusiness(ctx context.Context, caller Caller, path string, ifMatch roundtable.TagCondition) (string, error) {
	return changing(ctx, d, caller, unassignedAtOnce, func(o *operation) (string, error) {
		target, err := o.businessAt(path)
		if err != nil {
			return "", err
		}
		if err := roundtable.DeleteBusiness(o.actor, target, ifMatch, o.facts); err != nil {
			return "", err
		}
		if err := o.unassign(target.ID); err != nil {
			return "", err
		}
		if err := o.regroupBusiness(target, target.GroupIDs, nil); err != nil {
			return "", err
		}
		if err := o.deleteReviewsOf(target.ID); err != nil {
			return "", err
		}
		_, err = o.tx.Exec("DELETE FROM businesses WHERE id = $1", target.ID)
		return target.ID, err
	})
}

// loadForBusiness loads what judging a business of an organisation takes. What another
// provider's organisation has is not looked at.
func (o *operation) loadForBusiness(update *roundtable.BusinessUpdate, orgID int64, code string) error {
	update.At, update.Day = roundtable.Micros(o.now), o.day()
	update.CodeTaken, update.LocalBusinesses = false, 0
	if err := o.loadOrgs(o.tx, []int64{orgID}); err != nil {
		return err
	}
	wanted := &wantedFacts{groups: make(map[int64]bool)}
	for _, id := range update.Patch.GroupIDs() {
		wanted.groups[id] = true
	}
	if err := o.loadGroups(o.tx, wanted); err != nil || !o.facts.CanReadOrg(o.actor.User, orgID) {
		return err
	}
	if code != "" {
		owner, err := o.businessWithCode(orgID, code)
		if err != nil {
			return err
		}
		update.CodeTaken = owner != ""
	}
	if o.facts.Orgs[orgID].MaxBusinesses == nil {
		return nil
	}
	_, err := o.tx.One("SELECT COUNT(*) FROM businesses WHERE org_id = $1 AND reach = 'LOCAL'", []any{orgID}, &update.LocalBusinesses)
	return err
}

// regroupBusiness writes what groups a business carries, and all users that were
// recorded.
func (o *operation) regroupBusiness(profile *roundtable.BusinessProfile, before, after []int64) error {
	err := o.regroup(profile.OrgID, []regrouping{{business: profile.ID, before: before, after: after}})
	if err != nil {
		return err
	}
	return o.writeUsers()
}

// unassign takes a business out of the list of every user that has it. Of each list no
// more is loaded: it may be long, and the users many.
func (o *operation) unassign(business string) error {
	holders, positions := make(map[string]bool), make(map[string]int64)
	err := o.tx.Each("SELECT user_id, position FROM user_businesses WHERE business_id = $1", []any{business}, func(rows *db.Rows) error {
		var user string
		var position int64
		err := rows.Scan(&user, &position)
		holders[user], positions[user] = true, position
		return err
	})
	if err != nil {
		return err
	}
	if err := o.loadUsersByID(o.tx, keys(holders)); err != nil {
		return err
	}
	for _, id := range keys(holders) {
		user := o.users[id]
		user.BusinessIDs = []string{business}
		o.positions[id] = []placement{{business, positions[id]}}
		outcome := roundtable.LoseBusinesses(user)
		outcome.Credentials = o.facts.Credentials[id]
		o.record(outcome)
	}
	return nil
}

// deleteReviewsOf takes away the reviews of a business. Mails about them that wait are
// not sent.
func (o *operation) deleteReviewsOf(business string) error {
	err := o.tx.Later("UPDATE mails SET cancelled_at = $2 WHERE "+waitingMail+" AND id IN ("+
		"SELECT n.mail_id FROM review_notices n JOIN reviews r ON r.org_id = n.org_id AND r.id = n.review_id WHERE r.business_id = $1)",
		business, o.now.UnixMicro())
	if err != nil {
		return err
	}
	err = o.tx.Later("DELETE FROM review_notices WHERE (org_id, review_id) IN (SELECT r.org_id, r.id FROM reviews r WHERE r.business_id = $1)", business)
	if err != nil {
		return err
	}
	return o.tx.Later("DELETE FROM reviews WHERE business_id = $1", business)
}

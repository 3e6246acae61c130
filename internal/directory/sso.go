package directory

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"io"

	"github.com/roundtable-directory/roundtable"
)

// SSO returns the single sign-on configuration of an organisation.
func (d *Directory) SSO(ctx context.Context, caller Caller, org int64) (*roundtable.SSOView, error) {
	return reading(ctx, d, caller, func(o *operation) (*roundtable.SSOView, error) {
		found, err := o.org(org)
		if err != nil {
			return nil, err
		}
		if err := roundtable.ReadSSO(o.actor, found, o.facts); err != nil {
			return nil, err
		}
		s, err := ssoOfOrg(o.tx, org)
		if err != nil {
			return nil, err
		}
		if s == nil {
			return nil, &roundtable.Error{Code: roundtable.CodeNotFound}
		}
		return s.View(d.publicURL), nil
	})
}

// SetSSO makes or changes the configuration of an organisation. It has one at a time.
func (d *Directory) SetSSO(ctx context.Context, caller Caller, org int64, change roundtable.SSOChange) (*roundtable.SSOView, error) {
	view, err := judging(ctx, d, caller, 1, change.Form, func(o *operation) (*roundtable.SSOView, error) {
		found, before, err := o.orgWithSSO(org)
		if err != nil {
			return nil, err
		}
		if err := o.completeSSO(before, &change); err != nil {
			return nil, err
		}
		outcome, err := roundtable.SetSSO(o.actor, found, ssoOf(before), &change, o.facts)
		if err != nil {
			return nil, err
		}
		if outcome.Changed {
			err = o.writeSSO(before, outcome)
		}
		return outcome.After.View(d.publicURL), err
	})
	d.logOrg("single sign-on set", caller, org, err)
	return view, err
}

// orgWithSSO loads an organisation and its configuration; each is nil where there is none.
func (o *operation) orgWithSSO(id int64) (org *roundtable.Org, sso *storedSSO, err error) {
	if org, err = o.org(id); err != nil {
		return nil, nil, err
	}
	sso, err = ssoOfOrg(o.tx, id)
	return org, sso, err
}

// completeSSO fills in what the rule reads of the database.
func (o *operation) completeSSO(before *storedSSO, change *roundtable.SSOChange) (err error) {
	var fresh [16]byte
	if _, err := io.ReadFull(o.d.random, fresh[:]); err != nil {
		return err
	}
	var own int64
	if before != nil {
		own = before.ID
	}
	change.Fresh, change.Now, change.Seals = hex.EncodeToString(fresh[:]), roundtable.Micros(o.now), o.d.sealer != nil
	_, err = o.tx.One("SELECT EXISTS (SELECT id FROM sso_configurations WHERE identifier = $1 AND id <> $2)",
		[]any{change.Patch.Identifier.Value, own}, &change.IdentifierTaken)
	if err != nil {
		return err
	}
	if change.SSOOnly, err = o.ssoOnlyUsers(before); err != nil || before == nil {
		return err
	}
	if kept, err := o.d.openSSO(before); err == nil { // one that cannot be opened is another
		change.SameSecret = kept != "" && subtle.ConstantTimeCompare([]byte(kept), []byte(change.Patch.ClientSecret.Value)) == 1
	}
	return nil
}

// DeleteSSO takes the configuration of an organisation away.
func (d *Directory) DeleteSSO(ctx context.Context, caller Caller, org int64, deletion roundtable.SSODeletion) error {
	_, err := changing(ctx, d, caller, 1, func(o *operation) (int64, error) {
		found, before, err := o.orgWithSSO(org)
		if err != nil {
			return org, err
		}
		if deletion.SSOOnly, err = o.ssoOnlyUsers(before); err != nil {
			return org, err
		}
		if err := roundtable.DeleteSSO(o.actor, found, ssoOf(before), &deletion, o.facts); err != nil {
			return org, err
		}
		return org, o.deleteSSO(&before.SSO)
	})
	d.logOrg("single sign-on deleted", caller, org, err)
	return err
}

package directory

import (
	"context"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// Unsubscribing is whom a link that turns mails about reviews off is for. It may be
// followed more than once: it can do nothing else.
type Unsubscribing struct {
	Lang string // of the user
	Off  bool   // there are none to turn off
}

// Unsubscribing looks at such a link without following it; not_found if it is none, or
// has expired.
func (d *Directory) Unsubscribing(ctx context.Context, token string) (*Unsubscribing, error) {
	var found *Unsubscribing
	err := d.db.Read(ctx, func(tx *db.Tx) error {
		o := &operation{workingSet: d.newWorkingSet(), tx: tx}
		user, err := o.unsubscriber(token)
		if err == nil {
			found = &Unsubscribing{Lang: user.Lang, Off: !user.ReceiveReviewsEmailNotifications}
		}
		return err
	})
	return found, translate(err)
}

// UnsubscribeReviews follows such a link: its user gets no more mails about reviews, and
// those that wait to be sent are not. That is a change of the user by itself, and stands
// in its history. Nobody's rights are judged but those of the link.
func (d *Directory) UnsubscribeReviews(ctx context.Context, token, requestID string) (*Unsubscribing, error) {
	if _, err := d.Unsubscribing(ctx, token); err != nil { // most that is wrong costs no write
		return nil, err
	}
	return asServer(ctx, d, 1, func(o *operation) (*Unsubscribing, error) {
		user, err := o.unsubscriber(token)
		if err != nil {
			return nil, err
		}
		o.item.caller = Caller{UserID: user.ID, RequestID: requestID}
		return &Unsubscribing{Lang: user.Lang, Off: true}, o.stopReviewMails(user, token)
	})
}

// unsubscriber loads the user of a link that may still be followed.
func (o *operation) unsubscriber(token string) (*roundtable.User, error) {
	hash := secret.HashToken(token)
	var id string
	found, err := o.tx.One("SELECT user_id FROM links WHERE token_hash = $1 AND kind = $2 AND expires_at > $3 AND voided_at IS NULL",
		[]any{hash[:], linkUnsubscribe, o.now.UnixMicro()}, &id)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, &roundtable.Error{Code: roundtable.CodeNotFound}
	}
	if err := o.loadUsersByID(o.tx, []string{id}); err != nil {
		return nil, err
	}
	return o.users[id], nil
}

func (o *operation) stopReviewMails(user *roundtable.User, token string) error {
	outcome := roundtable.StopReviewMails(user)
	if outcome == nil {
		return nil
	}
	outcome.Credentials = o.facts.Credentials[user.ID]
	o.record(outcome)
	if err := o.writeUsers(); err != nil {
		return err
	}
	hash := secret.HashToken(token)
	if err := o.tx.Later("UPDATE links SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL", hash[:], o.now.UnixMicro()); err != nil {
		return err
	}
	return o.tx.Later("UPDATE mails SET cancelled_at = $3 WHERE user_id = $1 AND kind = $2 AND "+waitingMail, user.ID, mailReview, o.now.UnixMicro())
}

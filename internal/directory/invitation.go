package directory

import (
	"context"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// Invitation tells what has become of the last invitation of a user, to the user and its
// administrators.
func (d *Directory) Invitation(ctx context.Context, caller Caller, id string) (*roundtable.Invitation, error) {
	return reading(ctx, d, caller, func(o *operation) (*roundtable.Invitation, error) {
		target, err := o.about(id, roundtable.ReadNeeds)
		if err == nil {
			err = roundtable.ReadInvitation(o.actor, target, o.facts)
		}
		if err != nil {
			return nil, err
		}
		mail := new(roundtable.InvitationMail)
		var mailID int64
		found, err := o.tx.One("SELECT id, created_at, sent_at, cancelled_at, failed_at FROM mails WHERE user_id = $1 AND kind = $2 ORDER BY id DESC LIMIT 1",
			[]any{id, mailInvitation}, &mailID, &mail.CreatedAt, &mail.SentAt, &mail.CancelledAt, &mail.FailedAt)
		if err != nil {
			return nil, err
		}
		if !found {
			mail = nil
		}
		links, accepted, err := o.invitationLinks(id, mailID)
		told := roundtable.NewInvitation(mail, links, accepted, o.now)
		return &told, err
	})
}

// invitationLinks returns the links of a mail, oldest first, and when the user last used one.
func (o *operation) invitationLinks(user string, mailID int64) (links []roundtable.Link, accepted *roundtable.UnixMicros, err error) {
	err = o.tx.Each("SELECT "+o.d.links.list+" FROM links WHERE user_id = $1 AND kind = $2 ORDER BY created_at, token_hash",
		[]any{user, linkInvitation}, func(rows *db.Rows) error {
			var link roundtable.Link
			err := rows.Scan(o.d.links.into(&link)...)
			if link.MailID != nil && *link.MailID == mailID {
				links = append(links, link)
			}
			if used := (*roundtable.UnixMicros)(link.UsedAt); used != nil && (accepted == nil || *used > *accepted) {
				accepted = used
			}
			return err
		})
	return links, accepted, err
}

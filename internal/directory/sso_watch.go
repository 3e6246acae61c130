package directory

import (
	"context"
	"encoding/json"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// ssoExpiry is what such a mail speaks of.
type ssoExpiry struct {
	OrgID     int64  `json:"org_id"` // 0: it is the provider's own
	Type      string `json:"type"`
	ExpiresAt int64  `json:"expires_at"` // Unix seconds
	// Contact is to whom it goes instead of its reader, as long as the configuration names it.
	Contact       string `json:"contact,omitempty"`
	Configuration int64  `json:"configuration,omitempty"`
}

// WatchSSO announces ends of configurations, time after time, until ctx ends.
func (d *Directory) WatchSSO(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := d.AnnounceSSOEnds(ctx); err != nil && ctx.Err() == nil {
			d.log.Warn("ends of single sign-on configurations not announced", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// AnnounceSSOEnds queues a mail to the administrators of each configuration that ends
// soon, and to whom it names as its contact: some days before, once each.
func (d *Directory) AnnounceSSOEnds(ctx context.Context) error {
	due, err := d.dueSSO(ctx)
	if err != nil || len(due) == 0 {
		return translate(err)
	}
	_, err = admitting(ctx, d, Visitor{}, 0, func(o *operation) (struct{}, error) {
		for _, id := range due {
			s, err := ssoWhere(o.tx, "id = $1", id)
			if err == nil && s != nil && s.WarningDue(o.now) {
				err = o.announceSSOEnd(&s.SSO)
			}
			if err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	return err
}

// dueSSO finds the configurations whose end is to be announced.
func (d *Directory) dueSSO(ctx context.Context) (due []int64, err error) {
	now := d.now()
	err = d.db.Read(ctx, func(tx *db.Tx) error {
		return tx.Each(ssoColumns+" WHERE enabled AND expires_at > $1 AND expires_at <= $2 ORDER BY id",
			[]any{now.UnixMicro(), now.Add(roundtable.SSOWarnings()[0]).UnixMicro()}, func(rows *db.Rows) error {
				s, err := scanSSO(rows)
				if err == nil && s.WarningDue(now) {
					due = append(due, s.ID)
				}
				return err
			})
	})
	return due, err
}

// announceSSOEnd queues the mails about one end.
func (o *operation) announceSSOEnd(s *roundtable.SSO) error {
	expiry := ssoExpiry{OrgID: s.OrgID, Type: string(s.Kind), ExpiresAt: time.UnixMicro(int64(*s.ExpiresAt)).Unix()}
	about, err := json.Marshal(expiry)
	if err != nil {
		return err
	}
	admins, owner := "SELECT id FROM users WHERE org_id = $1 AND role = 'ORG_ADMIN'", s.OrgID
	if owner == 0 {
		admins, owner = "SELECT u.id FROM users u JOIN orgs o ON o.id = u.org_id WHERE o.provider_id = $1 AND u.role = 'PROVIDER'", s.ProviderID
	}
	if err := o.tellContact(s, expiry, admins, owner); err != nil {
		return err
	}
	o.d.outbox.mailsQueued()
	_, err = o.tx.Exec("INSERT INTO mails (user_id, kind, about, created_at) SELECT id, CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS BIGINT) FROM users"+
		" WHERE id IN ("+admins+") AND NOT disabled AND status = 'active'", owner, string(roundtable.MailSSOExpiry), string(about), o.now.UnixMicro())
	if err != nil {
		return err
	}
	_, err = o.tx.Exec("UPDATE sso_configurations SET warned_at = $2 WHERE id = $1", s.ID, o.now.UnixMicro())
	return err
}

package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// ClaimMails takes those of the mails that are due, so that no other node or goroutine
// sends them for MailLease. Each counts as tried. What does not fit its reader any more is
// cancelled, and is not among them.
func (d *Directory) ClaimMails(ctx context.Context, ids []int64) (*MailClaim, error) {
	claim := &MailClaim{name: fmt.Sprint(d.node, "/", d.outbox.claims.Add(1))}
	return asServer(ctx, d, len(ids), func(o *operation) (*MailClaim, error) {
		claim.at = o.now.UnixMicro()
		var err error
		claim.Mails, err = o.claimMails(claim.name, ids)
		return claim, err
	})
}

func (o *operation) claimMails(name string, ids []int64) ([]Mail, error) {
	due, err := o.dueAmong(ids)
	if err != nil || len(due) == 0 {
		return nil, err
	}
	if err := o.loadReaders(due); err != nil {
		return nil, err
	}
	wanted, err := o.wantedReviewMails(due)
	if err != nil {
		return nil, err
	}
	contacts, err := o.fitContacts(due)
	if err != nil {
		return nil, err
	}
	var mails []Mail
	var claimed, unfit, exhausted []int64
	for _, m := range due {
		user := o.users[m.user]
		fits, toContact := contacts[m.id]
		if !toContact {
			fits = m.kind.Fits(user, m.org()) && (m.kind != roundtable.MailReview || wanted[m.id])
		}
		switch {
		case !fits || user == nil:
			unfit = append(unfit, m.id)
			continue
		case m.tries >= roundtable.MailTries: // and nobody lived to tell how the last one ended
			exhausted = append(exhausted, m.id)
			continue
		}
		mail := Mail{
			ID: m.id, Kind: m.kind, UserID: user.ID, Address: user.Email, FirstName: user.FirstName, LastName: user.LastName,
			Lang: user.Lang, Org: o.facts.Orgs[user.OrgID].Name, About: json.RawMessage(m.about),
			CreatedAt: time.UnixMicro(m.createdAt), Tries: m.tries + 1,
		}
		if toContact {
			mail.Address, mail.FirstName, mail.LastName, mail.Lang = m.contact().Contact, "", "", contactLang
		}
		if kind := linkOf(m.kind); kind != "" {
			if mail.Token, err = o.mintLink(user.ID, kind, m.id); err != nil {
				return nil, err
			}
		}
		mails, claimed = append(mails, mail), append(claimed, m.id)
	}
	return mails, o.markClaimed(name, claimed, unfit, exhausted)
}

// loadReaders loads the users that mails go to, with their organisations.
func (o *operation) loadReaders(due []mailRow) error {
	ids, orgs := make(map[string]bool), make(map[int64]bool)
	for _, m := range due {
		ids[m.user] = true
	}
	if err := arrived(o.tx, o.askUsersByID(o.tx, keys(ids))); err != nil {
		return err
	}
	for id := range ids {
		if user := o.users[id]; user != nil {
			orgs[user.OrgID] = true
		}
	}
	return o.loadOrgs(o.tx, keys(orgs))
}

func (o *operation) markClaimed(name string, claimed, unfit, exhausted []int64) error {
	now, until := o.now.UnixMicro(), o.now.Add(MailLease).UnixMicro()
	_, err := db.ExecIn(o.tx, "UPDATE mails SET leased_by = $1, leased_until = $2, due_at = $2, tries = tries + 1 WHERE id IN (?ids)",
		[]any{name, until}, claimed)
	if err == nil {
		_, err = db.ExecIn(o.tx, "UPDATE mails SET cancelled_at = $1, leased_by = NULL, leased_until = NULL WHERE id IN (?ids)", []any{now}, unfit)
	}
	if err == nil {
		_, err = db.ExecIn(o.tx, "UPDATE mails SET failed_at = $1, leased_by = NULL, leased_until = NULL WHERE id IN (?ids)", []any{now}, exhausted)
	}
	return err
}

// linkOf is the kind of the link that a mail carries; "": none.
func linkOf(kind roundtable.MailKind) string {
	switch kind {
	case roundtable.MailInvitation:
		return linkInvitation
	case roundtable.MailReset:
		return linkReset
	case roundtable.MailReview:
		return linkUnsubscribe
	case roundtable.MailSSOExpiry:
	}
	return ""
}

// org is the organisation that the reader of a mail is to be in; 0: none. A PROVIDER is
// told of reviews in others, too.
func (m *mailRow) org() int64 {
	var named struct {
		OrgID int64 `json:"org_id"`
	}
	if m.kind == roundtable.MailReview || json.Unmarshal([]byte(m.about), &named) != nil {
		return 0
	}
	return named.OrgID
}

// HoldMails renews the claim on mails that are yet to be sent, and returns those that
// still are: others were cancelled since, or have fallen to somebody else.
func (d *Directory) HoldMails(ctx context.Context, claim *MailClaim, ids []int64) (map[int64]bool, error) {
	return asServer(ctx, d, len(ids), func(o *operation) (map[int64]bool, error) {
		held := make(map[int64]bool)
		_, err := db.ExecIn(o.tx, "UPDATE mails SET leased_until = $2, due_at = $2 WHERE leased_by = $1 AND "+waitingMail+" AND id IN (?ids)",
			[]any{claim.name, o.now.Add(MailLease).UnixMicro()}, ids)
		if err != nil {
			return nil, err
		}
		err = db.EachIn(o.tx, "SELECT id FROM mails WHERE leased_by = $1 AND "+waitingMail+" AND id IN (?ids)", []any{claim.name}, ids,
			func(rows *db.Rows) error {
				var id int64
				err := rows.Scan(&id)
				held[id] = true
				return err
			})
		return held, err
	})
}

// ReleaseMails gives mails back that nothing was tried for.
func (d *Directory) ReleaseMails(ctx context.Context, claim *MailClaim, ids []int64) error {
	_, err := asServer(ctx, d, len(ids), func(o *operation) (struct{}, error) {
		err := o.dropLinks(claim, ids)
		if err == nil {
			_, err = db.ExecIn(o.tx, "UPDATE mails SET leased_by = NULL, leased_until = NULL, due_at = $2, tries = tries - 1"+
				" WHERE leased_by = $1 AND "+waitingMail+" AND id IN (?ids)", []any{claim.name, o.now.UnixMicro()}, ids)
		}
		return struct{}{}, err
	})
	return err
}

// dropLinks forgets the links of mails that surely did not go out.
func (o *operation) dropLinks(claim *MailClaim, ids []int64) error {
	for _, m := range claim.Mails {
		if m.Token == "" || !slices.Contains(ids, m.ID) {
			continue
		}
		err := o.tx.Later("DELETE FROM links WHERE user_id = $1 AND mail_id = $2 AND created_at = $3 AND used_at IS NULL", m.UserID, m.ID, claim.at)
		if err != nil {
			return err
		}
	}
	return nil
}

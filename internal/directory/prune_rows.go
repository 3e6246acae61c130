package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// look finds what is over in the next page of a table.
func (p *pruning) look(ctx context.Context, t *pruned) (over []any, err error) {
	from := p.next[t.table]
	if from == nil {
		from = t.first
	}
	var next any // nil: from the beginning
	err = p.d.db.Read(ctx, func(tx *db.Tx) error {
		over, next = nil, nil
		page, err := t.keys(tx, "SELECT "+t.key+" FROM "+t.table+" WHERE "+t.key+" > $1 ORDER BY "+t.key+" LIMIT 1 OFFSET $2", from, prunePage-1)
		if err != nil {
			return err
		}
		args := append(t.moments(p.d.now()), from)
		text := fmt.Sprintf("SELECT %s FROM %s WHERE %s AND %s > $%d", t.key, t.table, t.over, t.key, len(args))
		if len(page) > 0 {
			next, args = page[0], append(args, page[0])
			text += fmt.Sprintf(" AND %s <= $%d", t.key, len(args))
		}
		over, err = t.keys(tx, text, args...)
		return err
	})
	if err == nil {
		p.next[t.table] = next
	}
	return over, err
}

// moments are what the condition of a table compares with.
func (t *pruned) moments(now time.Time) (args []any) {
	for _, kept := range t.kept {
		args = append(args, now.Add(-kept).UnixMicro())
	}
	return args
}

// keys are the rows of a query for keys of the table.
func (t *pruned) keys(tx *db.Tx, text string, args ...any) (list []any, err error) {
	_, numbered := t.first.(int64)
	err = tx.Each(text, args, func(rows *db.Rows) error {
		if numbered {
			var key int64
			err := rows.Scan(&key)
			list = append(list, key)
			return err
		}
		var key []byte
		err := rows.Scan(&key)
		list = append(list, key)
		return err
	})
	return list, err
}

// prune removes those of the rows that still are over.
func (o *operation) prune(t *pruned, keys []any) error {
	args := t.moments(o.now)
	if t.before != nil {
		if err := t.before(o, t, keys); err != nil {
			return err
		}
	}
	text := fmt.Sprintf("DELETE FROM %s WHERE %s AND %s = $%d", t.table, t.over, t.key, len(args)+1)
	for _, key := range keys {
		if err := o.tx.Later(text, append(args[:len(args):len(args)], key)...); err != nil {
			return err
		}
	}
	return o.tx.Flush()
}

// keptMail is what became of a mail that is gone, with the reasons of its notice.
type keptMail struct {
	Status string `json:"status"`
	Tries  int64  `json:"tries"`
	SentAt *int64 `json:"sent_at"` // Unix microseconds
}

// stampNotices notes with who was told of a review what became of the mail, which goes.
func (o *operation) stampNotices(t *pruned, mails []any) error {
	ids := make([]int64, len(mails))
	for i, id := range mails {
		ids[i] = id.(int64)
	}
	return db.EachIn(o.tx, "SELECT id, user_id, about, tries, sent_at, cancelled_at IS NOT NULL, failed_at IS NOT NULL FROM mails"+
		" WHERE kind = '"+mailReview+"' AND "+t.over+" AND id IN (?ids)", t.moments(o.now), ids, func(rows *db.Rows) error {
		var id int64
		var user, about string
		var kept keptMail
		var cancelled, failed bool
		if err := rows.Scan(&id, &user, &about, &kept.Tries, &kept.SentAt, &cancelled, &failed); err != nil {
			return err
		}
		kept.Status = mailStatus(kept.SentAt != nil, cancelled, failed)
		var review struct {
			OrgID int64  `json:"org_id"`
			ID    string `json:"review_id"`
		}
		if err := json.Unmarshal([]byte(about), &review); err != nil {
			return err
		}
		text, err := json.Marshal(kept)
		if err != nil {
			return err
		}
		return o.tx.Later("UPDATE review_notices SET reason = substr(reason, 1, length(reason) - 1) || ',\"mail\":' || $5 || '}'"+
			" WHERE org_id = $1 AND review_id = $2 AND user_id = $3 AND mail_id = $4", review.OrgID, review.ID, user, id, string(text))
	})
}

// mailStatus is what became of a mail.
func mailStatus(sent, cancelled, failed bool) string {
	switch {
	case sent:
		return MailSent
	case cancelled:
		return MailCancelled
	case failed:
		return MailFailed
	}
	return MailWaiting
}

// readReasons reads why somebody was told of a review, and, once the mail is gone, what
// became of it.
func (n *ReviewNotice) readReasons(text string) error {
	stored := struct {
		listedReasons
		Mail *keptMail `json:"mail"`
	}{}
	if err := json.Unmarshal([]byte(text), &stored); err != nil {
		return err
	}
	n.listedReasons = stored.listedReasons
	if m := stored.Mail; m != nil {
		n.Mail = MailState{Status: m.Status, Tries: m.Tries, SentAt: (*roundtable.UnixMicros)(m.SentAt)}
	}
	return nil
}

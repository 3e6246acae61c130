package directory

import (
	"encoding/json"
	"errors"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// writeCredentials takes away what an outcome ends, and stores a new password.
func (w *workingSet) writeCredentials(tx *db.Tx, r recorded) error {
	user, now, ends := r.outcome.After.ID, w.now.UnixMicro(), r.outcome.Endings
	for _, ending := range []struct {
		ends bool
		sql  string
		args []any
	}{
		{ends.Password, "DELETE FROM passwords WHERE user_id = $1", []any{user}},
		{ends.Sessions, "DELETE FROM sessions WHERE user_id = $1 AND id <> $2", []any{user, keptSession(ends)}},
		{ends.Sessions && ends.Kept == nil, "DELETE FROM handovers WHERE user_id = $1", []any{user}},
		{ends.PasswordSessions, "DELETE FROM sessions WHERE user_id = $1 AND kind = $2", []any{user, string(roundtable.PasswordSession)}},
		{ends.APIKeys, "UPDATE api_keys SET revoked_at = $2, revoked_by = $3 WHERE user_id = $1 AND revoked_at IS NULL", []any{user, now, r.item.caller.UserID}},
		{
			ends.ConnectionTokens,
			"UPDATE connection_tokens SET revoked_at = $2 WHERE user_id = $1 AND consumed_at IS NULL AND revoked_at IS NULL",
			[]any{user, now},
		},
		{
			ends.Invitations,
			"UPDATE links SET voided_at = $2 WHERE user_id = $1 AND kind = $3 AND used_at IS NULL AND voided_at IS NULL",
			[]any{user, now, linkInvitation},
		},
		{
			ends.ResetLinks,
			"UPDATE links SET voided_at = $2 WHERE user_id = $1 AND kind = $3 AND used_at IS NULL AND voided_at IS NULL",
			[]any{user, now, linkReset},
		},
		{ends.SSOLink, "DELETE FROM sso_links WHERE user_id = $1", []any{user}},
		{ends.Mails, "UPDATE mails SET cancelled_at = $2 WHERE user_id = $1 AND " + waitingMail, []any{user, now}},
	} {
		if !ending.ends {
			continue
		}
		if err := tx.Later(ending.sql, ending.args...); err != nil {
			return err
		}
	}
	if err := w.writePassword(tx, r); err != nil {
		return err
	}
	if create := r.item.create; create != nil && create.Invites() {
		return w.queueMail(tx, user, mailInvitation, nil)
	}
	return nil
}

// keptSession is the id of the session that stays; 0, which none has: none does.
func keptSession(ends roundtable.Endings) int64 {
	if ends.Kept == nil {
		return 0
	}
	return ends.Kept.ID
}

// errNoHash is a password that came to be stored without having been hashed: an answer
// that was to be replayed expired just then. Sent again, the request succeeds.
var errNoHash = errors.New("password not hashed")

func (w *workingSet) writePassword(tx *db.Tx, r recorded) error {
	patch := r.item.patch()
	if patch == nil || !patch.Password.Set || patch.Password.Null {
		return nil
	}
	hash := ""
	if r.item.create != nil {
		hash = r.item.create.PasswordHash
	} else {
		hash = r.item.update.PasswordHash
	}
	if hash == "" {
		return errNoHash
	}
	return tx.Later("INSERT INTO passwords (user_id, hash, changed_at) VALUES ($1, $2, $3)"+
		" ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at",
		r.outcome.After.ID, hash, w.now.UnixMicro())
}

// queueMail leaves a mail to be sent, in the transaction of what it is about. about is what
// its text will speak of, in JSON and without a secret; nil: nothing.
func (w *workingSet) queueMail(tx *db.Tx, user, kind string, about any) error {
	text := []byte("{}")
	if about != nil {
		var err error
		if text, err = json.Marshal(about); err != nil {
			return err
		}
	}
	w.d.outbox.mailsQueued()
	return tx.Later("INSERT INTO mails (user_id, kind, about, created_at) VALUES ($1, $2, $3, $4)", user, kind, string(text), w.now.UnixMicro())
}

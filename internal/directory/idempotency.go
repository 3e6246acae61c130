package directory

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

const (
	answersKept  = 24 * time.Hour
	purgedAtOnce = 4   // expired answers that go with each new one
	firstRefusal = 400 // statuses from here on refuse
)

// Retry makes a change safe to be sent again (section 1.8): its final answer is stored
// in the transaction of the change and given again for a day.
type Retry struct {
	Scope, Body [32]byte // MACs under the caller's key: of what the Idempotency-Key stands for, and of the body
	Deletes     bool     // the first time removes the target, so that its absence then is no refusal

	// Answer is what the wire makes of a result or a refusal.
	Answer func(result any, refusal error) (Answer, error)
}

// Answer is an answer as it went over the wire.
type Answer struct {
	Status int               `json:"status"`
	Header map[string]string `json:"header"`
	Body   string            `json:"body"`
}

// Replayed says that a request was answered before, and how. It changed nothing now.
type Replayed struct{ Answer Answer }

// Error tells what happened, for logs.
func (*Replayed) Error() string { return "answered before" }

// replay returns what a stored answer comes to for a request: nil if there is none.
func (d *Directory) replay(tx *db.Tx, retry *Retry, now time.Time) (refusal, err error) {
	var body []byte
	var text string
	found, err := tx.One("SELECT body, answer FROM idempotent_answers WHERE scope = $1 AND created_at > $2",
		[]any{retry.Scope[:], now.Add(-answersKept).UnixMicro()}, &body, &text)
	switch {
	case err != nil || !found:
		return nil, err
	case subtle.ConstantTimeCompare(body, retry.Body[:]) != 1:
		return &roundtable.Error{Code: roundtable.CodeIdempotencyMismatch}, nil
	}
	replayed := new(Replayed)
	return replayed, json.Unmarshal([]byte(text), &replayed.Answer)
}

// keepAnswer stores the answer to a request, if it is final.
func (d *Directory) keepAnswer(tx *db.Tx, it *item, result any, refusal error, now time.Time) (kept bool, err error) {
	retry := it.caller.Retry
	if retry == nil || !final(refusal) {
		return false, nil
	}
	answer, err := retry.Answer(result, refusal)
	if err != nil {
		return false, err
	}
	text, err := json.Marshal(answer)
	if err != nil {
		return false, err
	}
	expired := now.Add(-answersKept).UnixMicro()
	for _, step := range []struct {
		sql  string
		args []any
	}{
		{"DELETE FROM idempotent_answers WHERE scope = $1", []any{retry.Scope[:]}}, // one that has expired
		{
			"DELETE FROM idempotent_answers WHERE scope IN (SELECT scope FROM idempotent_answers WHERE created_at <= $1 ORDER BY created_at LIMIT $2)",
			[]any{expired, purgedAtOnce},
		},
		{
			"INSERT INTO idempotent_answers (scope, body, api_key_id, org_id, answer, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
			[]any{retry.Scope[:], retry.Body[:], it.caller.KeyID, it.caller.OrgID, string(text), now.UnixMicro()},
		},
	} {
		if err := tx.Later(step.sql, step.args...); err != nil {
			return false, err
		}
	}
	return true, nil
}

// final reports whether sending the request again cannot be answered otherwise than
// by what was decided now.
func final(refusal error) bool {
	if refusal == nil {
		return true
	}
	known, ok := errors.AsType[*roundtable.Error](refusal)
	return ok && (known.Code == roundtable.CodeInvalid || known.Code == roundtable.CodeVersionConflict)
}

// judgedAnew reports whether a refusal comes before any replay: what the caller may
// not do any more it is not told again either. That a change was made already, or just
// now, is what a replay is for.
func judgedAnew(refusal error) bool {
	if final(refusal) {
		return false
	}
	known, ok := errors.AsType[*roundtable.Error](refusal)
	return !ok || known.Code != roundtable.CodeChangedSince && known.Code != roundtable.CodeRateLimited
}

func isNotFound(refusal error) bool {
	known, ok := errors.AsType[*roundtable.Error](refusal)
	return ok && known.Code == roundtable.CodeNotFound
}

// deleted reports whether what was answered before to a deletion is that it was done.
func deleted(before error) bool {
	replayed, ok := errors.AsType[*Replayed](before)
	return ok && replayed.Answer.Status < firstRefusal
}

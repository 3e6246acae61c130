package directory

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

func (d *opened) makeKey(t *testing.T, n int, label string) *ChangedKey {
	t.Helper()
	made, err := d.CreateAPIKey(t.Context(), d.caller(n), roundtable.APIKeyChange{Patch: roundtable.APIKeyPatch{Label: roundtable.Some(label)}})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// What is written of a key is what is read of it.
func TestAPIKeyRecordRoundTrip(t *testing.T) {
	t.Parallel()
	for _, empty := range []bool{false, true} {
		var want roundtable.APIKeyRecord
		fill(t, &want, empty)
		fill(t, &want.APIKey, empty)
		want.UserID = userID(perceval)
		d := openSmall(t)
		err := d.db.Write(t.Context(), func(tx *db.Tx) error {
			o, err := d.newOperation(tx, &item{ctx: t.Context(), caller: d.caller(perceval)})
			if err != nil {
				return err
			}
			if err := o.insertAPIKey(&want, secret.HashAPIKey("new")); err != nil {
				return err
			}
			// What comes about by other ways than making a key.
			_, err = tx.Exec("UPDATE api_keys SET last_used_at = $2, revoked_at = $3, revoked_by = $4, previous_expires_at = $5 WHERE id = $1",
				want.ID, want.LastUsedAt, want.RevokedAt, want.RevokedBy, want.PreviousExpiresAt)
			if err != nil {
				return err
			}
			got, _, err := o.apiKey(want.ID)
			if err == nil && !reflect.DeepEqual(got, &want) {
				t.Errorf("stored\n%+v, read back\n%+v", want, *got)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A list holds the keys that can be read one by one, and no other; with bot keys of
// people of every role, some of whom have moved or come down since.
func TestAPIKeyListIsWhatCanBeRead(t *testing.T) {
	t.Parallel()
	seed := smallCompany()
	d := open(t, seed, Options{})
	for i, user := range seed.Users {
		for k, org := range []int64{1, 2, 3, user.OrgID} {
			d.exec(t, fmt.Sprintf("INSERT INTO api_keys (user_id, secret_hash, kind, bot_org_id, label, label_key, description, demo, ip_whitelist,"+
				" has_restricted_permissions, permissions, created_at, revoked_at) VALUES ('%s', x'%02x%02x', 'bot', %d, 'bot', 'bot', '', FALSE, '[]', FALSE, '[]', 1, %s)",
				user.ID, i, k, org, []string{"1", "NULL"}[k/3]))
		}
	}
	var all []int64
	for _, id := range d.query(t, "SELECT id || '' FROM api_keys ORDER BY id") {
		var n int64
		fmt.Sscan(id, &n)
		all = append(all, n)
	}
	for _, actor := range []int{merlin, arthur, guenever, bohort, karadoc, perceval, blaise, leodagan, demetra, caius} {
		var want, got []int64
		for _, id := range all {
			_, err := d.APIKey(t.Context(), d.caller(actor), id, false)
			if err == nil {
				want = append(want, id)
			} else if refusal, ok := errors.AsType[*roundtable.Error](err); !ok || refusal.Code != roundtable.CodeNotFound {
				t.Fatal(err)
			}
		}
		for page := 1; ; page++ {
			found, err := d.APIKeys(t.Context(), d.caller(actor), APIKeyFilter{}, Page{page, 7}, false)
			if err != nil || found.Count != len(want) {
				t.Fatalf("user %d: %d keys, want %d, error %v", actor, found.Count, len(want), err)
			}
			for _, key := range found.Keys {
				got = append(got, key.ID)
			}
			if len(found.Keys) == 0 {
				break
			}
		}
		if !slices.Equal(got, want) || len(want) < 1 {
			t.Errorf("user %d lists %d, reads %d", actor, got, want)
		}
	}
}

// The list is scoped by indexes: neither keys nor users are scanned.
func TestAPIKeyListIsScopedByIndexes(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	for _, actor := range []int{merlin, arthur, perceval} {
		err := d.db.Read(t.Context(), func(tx *db.Tx) error {
			o, err := d.newOperation(tx, &item{ctx: t.Context(), caller: d.caller(actor)})
			if err != nil {
				return err
			}
			q := o.scopedKeys()
			q.narrow(APIKeyFilter{Status: KeysActive, Kind: "bot", SearchText: "x"}, noon)
			wantNoScan(t, tx, "SELECT count(*)"+q.text(), q.args)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	err := d.db.Read(t.Context(), func(tx *db.Tx) error {
		wantNoScan(t, tx, "SELECT "+ownedByHash(d.keys), []any{[]byte("x")})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// wantNoScan wants a statement to find its rows by indexes. PostgreSQL, which scans
// small tables whatever there is, is told to scan only where it has to. never are further
// words that no step may have.
func wantNoScan(t *testing.T, tx *db.Tx, text string, args []any, never ...string) {
	t.Helper()
	explain, unused := "EXPLAIN QUERY PLAN ", []any{new(int64), new(int64), new(int64)}
	if dbtest.Engine() == db.PostgreSQL {
		if _, err := tx.One("SELECT set_config('enable_seqscan', 'off', TRUE)", nil, new(string)); err != nil {
			t.Fatal(err)
		}
		explain, unused = "EXPLAIN (COSTS OFF) ", nil
	}
	err := tx.Each(explain+text, args, func(rows *db.Rows) error {
		var step string
		err := rows.Scan(append(unused, &step)...)
		forbidden := func(word string) bool { return strings.Contains(step, word) }
		if strings.HasPrefix(step, "SCAN") || slices.ContainsFunc(append(never, "Seq Scan"), forbidden) {
			t.Errorf("%s: %s", text, step)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// However many ask at once, nobody gets more than a hundred keys.
func TestHundredKeysAtOnce(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	var made sync.Map
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 15 {
				key, err := d.CreateAPIKey(t.Context(), d.caller(perceval), roundtable.APIKeyChange{Patch: roundtable.APIKeyPatch{Label: roundtable.Some("x")}})
				if err == nil {
					made.Store(key.ID, key.Secret)
				}
			}
		})
	}
	all.Wait()
	count := 0
	for _, text := range made.Range {
		count++
		if _, err := d.Authenticate(t.Context(), text.(string), loopback(), ""); err != nil {
			t.Errorf("%v is refused: %v", text, err)
		}
	}
	if count != 99 {
		t.Errorf("%d keys were made beside the first", count)
	}
}

// Of rotations at once each answers another secret; the last two are good.
func TestRotationsAtOnce(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	made := d.makeKey(t, perceval, "x")
	secrets := make([]string, 8)
	var all sync.WaitGroup
	for i := range secrets {
		all.Go(func() {
			if rotated, err := d.RotateAPIKey(t.Context(), d.caller(perceval), made.ID, roundtable.Rotation{}); err == nil {
				secrets[i] = rotated.Secret
			}
		})
	}
	all.Wait()
	good := 0
	for _, text := range append(secrets, made.Secret) {
		if _, err := d.Authenticate(t.Context(), text, loopback(), ""); err == nil {
			good++
		}
	}
	if slices.Sort(secrets); good != 2 || len(slices.Compact(secrets)) != 8 || secrets[0] == "" {
		t.Errorf("%d of %q are good", good, secrets)
	}
}

// The door recalls both secrets, and neither longer than its row says.
func TestBothSecretsAreRecalled(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	made := d.makeKey(t, perceval, "x")
	rotated, err := d.RotateAPIKey(t.Context(), d.caller(perceval), made.ID, roundtable.Rotation{OverlapSeconds: roundtable.Some(int64(60))})
	if err != nil {
		t.Fatal(err)
	}
	read := func(text string, after time.Duration) string {
		origin := loopback()
		origin.Now = noon.Add(after)
		caller, err := d.Authenticate(t.Context(), text, origin, "")
		if err == nil {
			if confirmed := d.Confirm(t.Context(), caller); confirmed != nil {
				return "Confirm: " + wrong(t, confirmed)
			}
			_, _, err = d.User(t.Context(), caller, userID(perceval))
		}
		return wrong(t, err)
	}
	for _, after := range []time.Duration{0, 59 * time.Second} {
		for range 2 {
			wantRefusal(t, "the secret before", read(made.Secret, after), "")
			wantRefusal(t, "the new secret", read(rotated.Secret, after), "")
		}
	}
	wantRefusal(t, "the secret before, recalled", read(made.Secret, time.Minute), "Confirm: unauthenticated")
	wantRefusal(t, "the new secret", read(rotated.Secret, time.Minute), "")
	caller := d.caller(perceval)
	caller.KeyID, caller.secretHash, caller.Origin.Now = made.ID, secret.HashAPIKey(made.Secret), noon.Add(time.Minute)
	d.wantRefused(t, caller, "unauthenticated")
	wantRefusal(t, "the secret before, at the door", read(made.Secret, time.Minute), "unauthenticated")
}

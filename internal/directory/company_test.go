package directory

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// The people of smallCompany. The number is the user's, and that of its API key.
const (
	merlin   = iota + 1 // PROVIDER, of organisation 1
	arthur              // ORG_ADMIN of 1
	guenever            // ORG_ADMIN of 1
	bohort              // ORG_MANAGER of 1
	karadoc             // GROUP_MANAGER of 1 with [[1]]: businesses 1, 2 and 6
	venec               // GROUP_MANAGER of 1 with [[2, 3]]: business 3
	perceval            // BUSINESS_MANAGER of 1 with businesses 1 and 2
	gauvain             // BUSINESS_MANAGER of 1 with 2 and 6
	yvain               // BUSINESS_MANAGER of 1 with 3
	blaise              // PUBLISHER of 1
	galessin            // BUSINESS_MANAGER of 1 with 1, invited
	lancelot            // BUSINESS_MANAGER of 1 with 2, disabled
	leodagan            // the only ORG_ADMIN of 2
	demetra             // BUSINESS_MANAGER of 2 with 7
	caius               // the only ORG_ADMIN of 3, another provider
	nobody              // a number that no user has
)

// noon is when the tests happen.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// userID, shopID: identifiers by number.
func userID(n int) string { return fmt.Sprintf("%024x", n) }
func shopID(n int) string { return fmt.Sprintf("b%023x", n) }

func shopIDs(numbers ...int) []string {
	ids := make([]string, len(numbers))
	for i, n := range numbers {
		ids[i] = shopID(n)
	}
	return ids
}

func person(n int, org int64, role roundtable.Role) roundtable.User {
	return roundtable.User{
		ID: userID(n), OrgID: org, FirstName: "First", LastName: "Last", Email: fmt.Sprintf("u%d@example.com", n),
		Lang: "fr", Role: role, Status: roundtable.Active, CreatedAt: roundtable.Micros(noon),
	}
}

func manager(n int, org int64, shops ...int) roundtable.User {
	user := person(n, org, roundtable.BusinessManager)
	user.BusinessIDs = shopIDs(shops...)
	return user
}

// smallCompany is two organisations of one provider and one of another.
// Organisation 1 has single sign-on; that of its administrators nobody has used.
func smallCompany() Seed {
	karadoc, venec := person(karadoc, 1, roundtable.GroupManager), person(venec, 1, roundtable.GroupManager)
	karadoc.Accesses, venec.Accesses = [][]int64{{1}}, [][]int64{{2, 3}}
	invited, disabled := manager(galessin, 1, 1), manager(lancelot, 1, 2)
	invited.Status, disabled.Disabled = roundtable.Invited, true
	return seedOf(
		[]SeedOrg{{ID: 1, ProviderID: 1, SSO: true}, {ID: 2, ProviderID: 1}, {ID: 3, ProviderID: 2}},
		map[int64][]int64{1: {1, 2}, 2: {3}, 3: {4}},
		map[int64][]int64{1: {1, 2}, 2: {3, 4}, 3: {5}, 4: {6}},
		map[int64][][]int64{1: {{1, 3}, {1, 4}, {2, 3}, {2, 4}, {}, {1}}, 2: {{5}, {}}, 3: {{6}}},
		[]roundtable.User{
			person(merlin, 1, roundtable.Provider), person(arthur, 1, roundtable.OrgAdmin), person(guenever, 1, roundtable.OrgAdmin),
			person(bohort, 1, roundtable.OrgManager), karadoc, venec,
			manager(perceval, 1, 1, 2), manager(gauvain, 1, 2, 6), manager(yvain, 1, 3),
			person(blaise, 1, roundtable.Publisher), invited, disabled,
			person(leodagan, 2, roundtable.OrgAdmin), manager(demetra, 2, 7), person(caius, 3, roundtable.OrgAdmin),
		})
}

// seedOf makes a seed from organisations, their sections, the groups of these, the
// businesses of each organisation by their groups, and users, each with a key of
// the user's number. Businesses are numbered through, in the order of their
// organisations.
func seedOf(orgs []SeedOrg, sections, groups map[int64][]int64, shops map[int64][][]int64, users []roundtable.User) Seed {
	seed := Seed{Providers: []SeedProvider{{1, "kaamelott"}, {2, "rome"}}}
	number := 0
	for _, org := range orgs {
		org.Name, org.Alias = fmt.Sprint("Org ", org.ID), fmt.Sprint("org", org.ID)
		seed.Orgs = append(seed.Orgs, org)
		for _, section := range sections[org.ID] {
			seed.Sections = append(seed.Sections, SeedSection{section, org.ID, fmt.Sprint("Section ", section)})
			for _, group := range groups[section] {
				seed.Groups = append(seed.Groups, SeedGroup{group, org.ID, section, fmt.Sprint("Group ", group)})
			}
		}
		for _, carried := range shops[org.ID] {
			number++
			seed.Businesses = append(seed.Businesses, SeedBusiness{
				Business: roundtable.Business{ID: shopID(number), OrgID: org.ID, GroupIDs: carried, PresenceManagement: number%2 == 1},
				Code:     fmt.Sprint("L", number), Name: fmt.Sprint("Shop ", number),
			})
		}
	}
	for i, user := range users {
		seed.Users = append(seed.Users, SeedUser{User: user})
		seed.Keys = append(seed.Keys, SeedKey{
			APIKey: roundtable.APIKey{ID: int64(i + 1), UserID: user.ID}, Hash: secret.HashAPIKey(keyOf(i + 1)), Label: "key",
		})
	}
	return seed
}

// keyOf is the text of the API key of a number.
func keyOf(n int) string { return fmt.Sprint("key ", n) }

// opened is a directory with what tests look at beside it.
type opened struct {
	*Directory
	place db.Options // of its database
	seed  Seed
	now   time.Time // what its clock shows
}

// openSmall opens smallCompany in a database of its own.
func openSmall(t *testing.T) *opened {
	t.Helper()
	return open(t, smallCompany(), Options{})
}

// openNarrow is openSmall with one connection that writes, on every
// engine.
func openNarrow(t *testing.T) *opened {
	t.Helper()
	return openAt(t, dbtest.Blank(t, db.Options{Writers: 1}), smallCompany(), Options{})
}

// open opens a directory on a database that holds seed.
func open(t testing.TB, seed Seed, options Options) *opened {
	t.Helper()
	return openAt(t, dbtest.Blank(t, db.Options{Writers: 4}), seed, options)
}

func openAt(t testing.TB, place db.Options, seed Seed, options Options) *opened {
	t.Helper()
	d := &opened{place: place, seed: seed, now: noon}
	if options.Now == nil {
		options.Now = func() time.Time { return d.now }
	}
	if options.UseEvery == 0 {
		options.UseEvery = 1000 * time.Hour // tests compare rows
	}
	if options.Log == nil {
		options.Log = slog.New(&errorLog{Handler: slog.DiscardHandler, report: t.Error})
	}
	if options.Workers == 0 {
		options.Workers = 1 // most tests are about what one batch comes to
	}
	database := dbtest.Opened(t, d.place)
	if err := Plant(t.Context(), database, seed, roundtable.Micros(noon)); err != nil {
		t.Fatal(err)
	}
	d.Directory = New(database, options)
	t.Cleanup(d.Close)
	return d
}

// errorLog reports what is logged as an error: a panic in a rule, a batch that had
// to be taken apart. Tests that provoke such have a log of their own.
type errorLog struct {
	slog.Handler
	report func(...any)
}

func (l *errorLog) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }

func (l *errorLog) Handle(_ context.Context, r slog.Record) error {
	line := []any{r.Message}
	r.Attrs(func(a slog.Attr) bool {
		line = append(line, a)
		return true
	})
	l.report(line...)
	return nil
}

// loopback is where and when requests of the tests come in.
func loopback() roundtable.Origin {
	return roundtable.Origin{Now: noon, Address: netip.MustParseAddr("127.0.0.1"), Loopback: true}
}

// caller is the user of a number with the key of that number, known at the door at
// a time when everything was in order.
func (d *opened) caller(n int) Caller {
	caller := Caller{
		KeyID: int64(n), UserID: userID(n), RequestID: fmt.Sprint("request by ", n), Origin: loopback(),
		secretHash: secret.HashAPIKey(keyOf(n)),
	}
	for _, user := range d.seed.Users {
		if user.ID == caller.UserID {
			caller.OrgID = user.OrgID
		}
	}
	return caller
}

// item is an update on its way into a batch.
func (d *opened) item(t *testing.T, by, target int, patch roundtable.UserPatch) *item {
	return newItem(t.Context(), d.caller(by), userID(target), &roundtable.Update{Patch: patch})
}

// update makes an update that must succeed.
func (d *opened) update(t *testing.T, by, target int, patch roundtable.UserPatch) *Updated {
	t.Helper()
	updated, err := d.UpdateUser(t.Context(), d.caller(by), userID(target), roundtable.Update{Patch: patch})
	if err != nil {
		t.Fatalf("user %d changes %d: %v", by, target, err)
	}
	return updated
}

// refusal makes an update and tells how it was refused.
func (d *opened) refusal(t *testing.T, by, target int, patch roundtable.UserPatch) string {
	t.Helper()
	_, err := d.UpdateUser(t.Context(), d.caller(by), userID(target), roundtable.Update{Patch: patch})
	return wrong(t, err)
}

// wrong tells code and fields of a refusal; "" is none. Any error that is not a
// refusal fails the test.
func wrong(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	refusal, ok := errors.AsType[*roundtable.Error](err)
	if !ok {
		t.Fatalf("not a refusal: %v", err)
	}
	return refusal.Error()
}

// wantRefusal compares what wrong tells.
func wantRefusal(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: answered %q, want %q", what, got, want)
	}
}

// user reads a user as the PROVIDER of its organisation sees it.
func (d *opened) user(t *testing.T, n int) *roundtable.User {
	t.Helper()
	user, _, err := d.User(t.Context(), d.caller(merlin), userID(n))
	if err != nil {
		t.Fatalf("user %d: %v", n, err)
	}
	return user
}

// exec runs statements in one transaction.
func (d *opened) exec(t *testing.T, texts ...string) {
	t.Helper()
	err := d.db.Write(t.Context(), func(tx *db.Tx) error {
		for _, text := range texts {
			if _, err := tx.Exec(dbtest.Portable(text)); err != nil {
				return fmt.Errorf("%s: %w", text, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// query returns the rows of a query of one text column.
func (d *opened) query(t *testing.T, text string, args ...any) []string {
	t.Helper()
	rows := []string{}
	err := d.db.Read(t.Context(), func(tx *db.Tx) error {
		return tx.Each(dbtest.Portable(text), args, func(r *db.Rows) error {
			var row string
			err := r.Scan(&row)
			rows = append(rows, row)
			return err
		})
	})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return rows
}

// dump returns every row of every table, as text.
func (d *opened) dump(t *testing.T) map[string][]string {
	t.Helper()
	values, tables := make(map[string][]string), make(map[string][]string)
	err := d.db.Read(t.Context(), func(tx *db.Tx) error {
		columns, err := dbtest.Columns(tx)
		for _, c := range columns {
			value := quoted(c)
			if c.Table == "user_businesses" && c.Name == "position" {
				// Positions may have gaps: what counts is the order.
				value = "row_number() OVER (PARTITION BY user_id ORDER BY position)"
			}
			values[c.Table] = append(values[c.Table], value)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for table, columns := range values {
		tables[table] = d.query(t, "SELECT "+strings.Join(columns, " || ' ' || ")+" AS line FROM "+table+" ORDER BY line")
	}
	return tables
}

// differences lists the rows that only one of two dumps has.
func differences(a, b map[string][]string) []string {
	var all []string
	for _, table := range slices.Sorted(maps.Keys(a)) {
		for _, row := range a[table] {
			if !slices.Contains(b[table], row) {
				all = append(all, "- "+table+": "+row)
			}
		}
		for _, row := range b[table] {
			if !slices.Contains(a[table], row) {
				all = append(all, "+ "+table+": "+row)
			}
		}
		if len(a[table]) != len(b[table]) {
			all = append(all, fmt.Sprintf("%s has %d rows and %d", table, len(a[table]), len(b[table])))
		}
	}
	return all
}

// wantUnchanged runs do and reports rows that it changed.
func (d *opened) wantUnchanged(t *testing.T, what string, do func()) {
	t.Helper()
	before := d.dump(t)
	do()
	if diff := differences(before, d.dump(t)); len(diff) > 0 {
		t.Errorf("%s changed rows:\n%s", what, strings.Join(diff, "\n"))
	}
}

// runAll carries out a batch and what it puts back, batch by batch, until all are
// answered. It returns the items in the order in which they were judged, and how
// often one had to wait.
func (d *opened) runAll(t *testing.T, batch []*item) (order []*item, waited int) {
	t.Helper()
	for len(batch) > 0 {
		waiting := d.run(batch)
		if len(waiting) == len(batch) {
			t.Fatal("a batch left all of its items for later")
		}
		for _, it := range batch {
			if !slices.Contains(waiting, it) {
				order = append(order, it)
			}
		}
		batch = waiting
		waited += len(waiting)
	}
	return order, waited
}

// stillOpen reports whether an item waits for its answer.
func (it *item) stillOpen() bool {
	select {
	case <-it.answered:
		return false
	default:
		return true
	}
}

func withContext(ctx context.Context, it *item) *item {
	it.ctx = ctx
	return it
}

// Short forms of what patches hold.
func some[T any](value T) roundtable.Opt[T] { return roundtable.Some(value) }

func setRole(role roundtable.Role) roundtable.UserPatch {
	return roundtable.UserPatch{Role: some(string(role))}
}

func setPhone(phone string) roundtable.UserPatch { return roundtable.UserPatch{Phone: some(phone)} }
func setEmail(email string) roundtable.UserPatch { return roundtable.UserPatch{Email: some(email)} }
func setOrg(org int64) roundtable.UserPatch      { return roundtable.UserPatch{OrgID: some(org)} }
func setDisabled(on bool) roundtable.UserPatch   { return roundtable.UserPatch{Disabled: some(on)} }
func setStatus(s roundtable.Status) roundtable.UserPatch {
	return roundtable.UserPatch{Status: some(string(s))}
}

func setShops(n ...int) roundtable.UserPatch {
	return roundtable.UserPatch{BusinessIDs: some(shopIDs(n...))}
}

func setAccesses(sets ...[]int64) roundtable.UserPatch {
	return roundtable.UserPatch{Accesses: some(sets)}
}

// seen are the states that a client knows which has seen these versions.
func seen(versions ...int64) []roundtable.State {
	states := make([]roundtable.State, len(versions))
	for i, version := range versions {
		states[i] = roundtable.State{User: version, Org: 1}
	}
	return states
}

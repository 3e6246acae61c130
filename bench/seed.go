package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

const (
	seededAt  = 1_770_000_000_000_000 // Unix microseconds
	seededOn  = "2026-02-02"
	flushRows = 2000
)

// seed makes a database that holds the world. It writes the tables directly: a million
// users through the update path would take minutes and measure nothing.
func seed(ctx context.Context, path string, w world) error {
	d, err := db.Open(ctx, db.Options{Path: path})
	if err != nil {
		return err
	}
	return errors.Join(fill(ctx, d, w), d.Close())
}

// fill writes some organisations at a time, to keep the write-ahead log short.
func fill(ctx context.Context, d *db.DB, w world) error {
	if err := d.Migrate(ctx); err != nil {
		return err
	}
	const orgsAtOnce = 10
	for from := 1; from <= w.lastOrg(); from += orgsAtOnce {
		err := d.Write(ctx, func(tx *db.Tx) error {
			s := newSeeder(tx, d.Engine())
			if from == 1 {
				for p := 1; p <= providers; p++ {
					s.providers.add(p, fmt.Sprintf("provider-%d", p))
				}
			}
			for org := from; org < from+orgsAtOnce && org <= w.lastOrg(); org++ {
				s.org(w, org)
			}
			return s.flush()
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// allPlans is every plan, as stored.
func allPlans() string {
	text, err := json.Marshal(roundtable.AllPlans(seededOn))
	if err != nil {
		panic(err) // strings always encode
	}
	return string(text)
}

// seeder collects rows by table, parents before children.
type seeder struct {
	providers, orgs, sections, groups, businesses, businessGroups *rows
	users, accesses, userBusinesses, keys                         *rows
}

func newSeeder(tx *db.Tx, engine db.Engine) *seeder {
	into := func(table string, columns ...string) *rows {
		return &rows{tx: tx, engine: engine, table: table, columns: columns}
	}
	return &seeder{
		providers: into("providers", "id", "label"),
		orgs:      into("orgs", "id", "provider_id", "name", "name_key", "alias", "type", "plans", "created_at", "version"),
		sections:  into("sections", "id", "org_id", "name", "name_key"),
		groups:    into("groups", "id", "org_id", "section_id", "name", "name_key", "created_at", "updated_at"),
		businesses: into("businesses", "id", "org_id", "code", "name", "city", "zipcode", "country", "status", "reach", "presence_management",
			"name_key", "city_key", "words", "data", "created_at", "modified_at", "version"),
		businessGroups: into("business_groups", "business_id", "group_id"),
		users: into("users", "id", "org_id", "email", "email_key", "first_name", "last_name", "lang", "phone", "role", "status",
			"disabled", "sso_only", "keywords", "receive_reviews_email_notifications", "created_at", "version"),
		accesses:       into("user_accesses", "user_id", "access_set", "position", "group_id"),
		userBusinesses: into("user_businesses", "user_id", "business_id", "position"),
		keys: into("api_keys", "user_id", "secret_hash", "kind", "label", "label_key", "description", "demo", "ip_whitelist", "has_restricted_permissions",
			"permissions", "created_at"),
	}
}

func (s *seeder) flush() error {
	tables := []*rows{s.providers, s.orgs, s.sections, s.groups, s.businesses, s.businessGroups, s.users, s.accesses, s.userBusinesses, s.keys}
	for _, t := range tables {
		if err := t.flush(); err != nil {
			return fmt.Errorf("seed %s: %w", t.table, err)
		}
	}
	return nil
}

// org adds an organisation with all that it holds.
func (s *seeder) org(w world, org int) {
	name := fmt.Sprintf("org-%d", org)
	s.orgs.add(org, providerOf(org), name, name, name, roundtable.DefaultOrgType, allPlans(), seededAt, 1)
	s.groupsOf(w, org)
	for b := range w.businesses(org) {
		id := businessID(org, b)
		s.businesses.add(id, org, fmt.Sprintf("L%05d", b), fmt.Sprintf("Shop %d", b), "Paris", "75001", "FR", "open", "LOCAL", 1,
			fmt.Sprintf("shop %d", b), "paris", fmt.Sprintf(" shop %d paris 75001", b), "{}", seededAt, seededAt, 1)
		groups := groupsOf(org, b)
		if org > w.chain() {
			groups = giantGroupsOf(b)
		}
		for _, g := range groups {
			s.businessGroups.add(id, g)
		}
	}
	if u := providerUser(org); u.org == org {
		s.user(w, u)
	}
	for place := range w.users(org) {
		s.user(w, user{org, place})
	}
}

// groupsOf adds the sections and groups of an organisation.
func (s *seeder) groupsOf(w world, org int) {
	if org > w.chain() {
		first := giantIDs
		for section, size := range giantSectionSizes {
			label := fmt.Sprintf("section-%d", section)
			s.sections.add(giantIDs+section, org, label, label)
			for g := range size {
				name := fmt.Sprintf("group-%d", g)
				s.groups.add(first+g, org, giantIDs+section, name, name, seededAt, seededAt)
			}
			first += size
		}
		return
	}
	s.sections.add(org*10+1, org, "Country", "country")
	s.sections.add(org*10+2, org, "Service", "service")
	for g := 1; g <= 5; g++ {
		name := fmt.Sprintf("group-%d", g)
		s.groups.add(org*10+g, org, org*10+1+g/4, name, name, seededAt, seededAt)
	}
}

func (s *seeder) user(w world, u user) {
	id, role, email := u.id(), w.role(u), u.email()
	p, own := person{first: "Perceval", last: "de Galles", status: "active"}, "[]"
	if w.named {
		p, email = u.person(), u.address()
		text, err := json.Marshal(append([]string{}, p.keywords...))
		if err != nil {
			panic(err) // strings always encode
		}
		own = string(text)
	}
	s.users.add(id, u.org, email, email, p.first, p.last, "fr", "", role, p.status, p.disabled, 0, own, 1, seededAt, 1)
	switch role {
	case "GROUP_MANAGER":
		for set, groups := range w.accessSets(u) {
			for position, group := range groups {
				s.accesses.add(id, set, position, group)
			}
		}
	case "BUSINESS_MANAGER":
		for position, b := range w.shops(u) {
			s.userBusinesses.add(id, businessID(u.org, b), position)
		}
	}
	if w.hasKey(u) {
		hash := sha256.Sum256([]byte(u.key()))
		s.keys.add(id, hex.EncodeToString(hash[:]), "user", "bench", "bench", "", 0, "[]", 0, "[]", seededAt)
	}
}

// rows are rows of one table on their way into it, many to a statement.
type rows struct {
	tx      *db.Tx
	engine  db.Engine
	table   string
	columns []string
	waiting [][]any
}

func (r *rows) add(values ...any) { r.waiting = append(r.waiting, values) }

// flush inserts what waits, as one JSON argument a statement: far quicker than an argument a value.
func (r *rows) flush() error {
	picks := make([]string, len(r.columns))
	for i, column := range r.columns {
		picks[i] = fmt.Sprintf("value->>%d", i)
		if column == "secret_hash" {
			picks[i] = "unhex(" + picks[i] + ")"
		}
	}
	text := fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM json_each($1)",
		r.table, strings.Join(r.columns, ", "), strings.Join(picks, ", "))
	if r.engine == db.PostgreSQL {
		text = fmt.Sprintf("INSERT INTO %[1]s (%[2]s) SELECT %[2]s FROM json_populate_recordset(NULL::%[1]s, $1::text::json)",
			r.table, strings.Join(r.columns, ", "))
	}
	for len(r.waiting) > 0 {
		n := min(flushRows, len(r.waiting))
		list, err := json.Marshal(r.batch(n))
		if err != nil {
			return err
		}
		if _, err := r.tx.Exec(text, string(list)); err != nil {
			return err
		}
		r.waiting = r.waiting[n:]
	}
	return nil
}

// batch is the next rows as an engine reads them: lists of values, or objects.
func (r *rows) batch(n int) any {
	if r.engine != db.PostgreSQL {
		return r.waiting[:n]
	}
	objects := make([]map[string]any, n)
	for i, row := range r.waiting[:n] {
		objects[i] = make(map[string]any, len(row))
		for k, column := range r.columns {
			value := row[k]
			if column == "secret_hash" {
				value = fmt.Sprintf(`\x%s`, value)
			}
			objects[i][column] = value
		}
	}
	return objects
}

// copyDatabase copies a closed database, with its write-ahead log if it left one.
func copyDatabase(from, to string) error {
	for _, suffix := range []string{"", "-wal"} {
		if err := copyFile(from+suffix, to+suffix); err != nil && (suffix == "" || !os.IsNotExist(err)) {
			return err
		}
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(filepath.Clean(from))
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(filepath.Clean(to))
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

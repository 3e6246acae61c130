package directory

import (
	"cmp"
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// Seed is rows that come from the server's own side, not from a caller: the first
// provider, the demo company, what a test needs. Nobody's rights are judged.
type Seed struct {
	Providers  []SeedProvider
	Orgs       []SeedOrg
	Sections   []SeedSection
	Groups     []SeedGroup
	Businesses []SeedBusiness
	Users      []SeedUser
	Keys       []SeedKey
}

// SeedProvider is a provider.
type SeedProvider struct {
	ID    int64
	Label string
}

// SeedOrg is an organisation with all sidebar pages.
type SeedOrg struct {
	ID, ProviderID int64
	Name, Alias    string
	SSO            bool // with a single sign-on configuration, switched on
}

// SeedSection is a section.
type SeedSection struct {
	ID, OrgID int64
	Name      string
}

// SeedGroup is a group.
type SeedGroup struct {
	ID, OrgID, SectionID int64
	Name                 string
}

// SeedBusiness is a business with its groups; fields that are empty get a default.
type SeedBusiness struct {
	roundtable.Business
	Code, Name             string
	City, Zipcode, Country string
	Categories             []string
}

// profile is the business as it is stored.
func (v SeedBusiness) profile(now int64) *roundtable.BusinessProfile {
	p := &roundtable.BusinessProfile{
		Business: v.Business, Fields: roundtable.BusinessFields{}, Version: 1,
		CreatedAt: roundtable.UnixMicros(now), ModifiedAt: roundtable.UnixMicros(now),
	}
	for name, value := range map[string]string{
		"code": v.Code, "name": v.Name, "city": v.City, "zipcode": v.Zipcode, "country": cmp.Or(v.Country, "FR"),
		"status": roundtable.BusinessOpen, "reach": roundtable.LocalBusiness,
	} {
		p.Fields.SetText(name, value)
	}
	if len(v.Categories) > 0 {
		p.Fields["categories"] = json.RawMessage(list(v.Categories))
	}
	return p
}

// SeedUser is a user; its EmailKey and version follow.
type SeedUser struct {
	roundtable.User
	PasswordHash string // empty: no password
}

// SeedKey is an API key; an ID of 0 takes the next.
type SeedKey struct {
	roundtable.APIKey
	Hash  [32]byte
	Label string
}

// Plant stores a seed in one transaction.
func Plant(ctx context.Context, database *db.DB, seed Seed, now roundtable.UnixMicros) error {
	p := planter{now: int64(now), users: columnsOf[roundtable.User]()}
	return database.Write(ctx, func(tx *db.Tx) error {
		p.tx = tx
		for _, plant := range []func(Seed){p.orgs, p.shops, p.people, p.keys} {
			plant(seed)
		}
		p.keepIDs("providers", "orgs", "sections", "groups")
		return p.err
	})
}

// planter inserts rows until one fails.
type planter struct {
	tx    *db.Tx
	now   int64
	users columns
	err   error
}

func (p *planter) insert(table, columns string, values ...any) {
	if p.err != nil {
		return
	}
	places := make([]string, len(values))
	for i := range places {
		places[i] = "$" + strconv.Itoa(i+1)
	}
	p.err = p.tx.Later("INSERT INTO "+table+" ("+columns+") VALUES ("+strings.Join(places, ", ")+")", values...)
}

func (p *planter) orgs(seed Seed) {
	for _, v := range seed.Providers {
		p.insert("providers", "id, label", v.ID, v.Label)
	}
	for _, v := range seed.Orgs {
		p.insert("orgs", "id, provider_id, name, name_key, alias, type, plans, created_at, version",
			v.ID, v.ProviderID, v.Name, roundtable.Fold(v.Name), v.Alias, roundtable.DefaultOrgType,
			roundtable.AllPlans(time.UnixMicro(p.now).UTC().Format(time.DateOnly)), p.now, 1)
		if v.SSO {
			p.sso(v)
		}
	}
	for _, v := range seed.Sections {
		p.insert("sections", "id, org_id, name, name_key", v.ID, v.OrgID, v.Name, roundtable.Fold(v.Name))
	}
	for _, v := range seed.Groups {
		p.insert("groups", "id, org_id, section_id, name, name_key, created_at, updated_at",
			v.ID, v.OrgID, v.SectionID, v.Name, roundtable.Fold(v.Name), p.now, p.now)
	}
}

// sso plants a configuration as it would be after its test.
func (p *planter) sso(org SeedOrg) {
	p.insert("sso_configurations", "identifier, org_id, kind, settings, enabled, tested_at, created_at, updated_at",
		"org-"+strconv.FormatInt(org.ID, 10), org.ID, string(roundtable.OIDC),
		`{"issuer":"https://login.`+org.Alias+`.example","client_id":"roundtable"}`, true, p.now, p.now, p.now)
}

func (p *planter) shops(seed Seed) {
	for _, v := range seed.Businesses {
		if p.err == nil {
			p.err = insertBusiness(p.tx, v.profile(p.now))
		}
		for _, group := range v.GroupIDs {
			p.insert("business_groups", "business_id, group_id", v.ID, group)
		}
	}
}

func (p *planter) people(seed Seed) {
	for _, v := range seed.Users {
		user := v.User
		user.EmailKey, _ = roundtable.EmailKey(user.Email)
		user.Version = max(1, user.Version)
		if user.Keywords == nil {
			user.Keywords = []string{}
		}
		p.insert("users", p.users.list, p.users.values(&user)...)
		for i, business := range user.BusinessIDs {
			p.insert("user_businesses", "user_id, position, business_id", user.ID, i, business)
		}
		for i, set := range user.Accesses {
			for k, group := range set {
				p.insert("user_accesses", "user_id, access_set, position, group_id", user.ID, i, k, group)
			}
		}
		if v.PasswordHash != "" {
			p.insert("passwords", "user_id, hash, changed_at", user.ID, v.PasswordHash, p.now)
		}
	}
}

// keys inserts those without a number behind all others.
func (p *planter) keys(seed Seed) {
	numbered := func(v SeedKey) bool { return v.ID != 0 }
	for _, v := range seed.Keys {
		if numbered(v) {
			p.key(v, "id, ", v.ID)
		}
	}
	p.keepIDs("api_keys")
	for _, v := range seed.Keys {
		if !numbered(v) {
			p.key(v, "")
		}
	}
}

func (p *planter) key(v SeedKey, column string, id ...any) {
	p.insert("api_keys", column+"user_id, secret_hash, kind, label, label_key, description, demo, expiration_date, ip_whitelist,"+
		" has_restricted_permissions, permissions, created_at, revoked_at, previous_expires_at",
		append(id, v.UserID, v.Hash[:], roundtable.UserKey, v.Label, roundtable.Fold(v.Label), "", v.Demo, v.ExpirationDate, list(v.IPWhitelist),
			v.HasRestrictedPermissions, list(v.Permissions), p.now, v.RevokedAt, v.PreviousExpiresAt)...)
}

// keepIDs is for tables whose rows came with ids of their own.
func (p *planter) keepIDs(tables ...string) {
	for _, table := range tables {
		if p.err == nil {
			p.err = p.tx.KeepIDs(table)
		}
	}
}

// list is a list as stored, never null.
func list(values []string) string {
	text, _ := json.Marshal(append([]string{}, values...)) // strings always encode
	return string(text)
}

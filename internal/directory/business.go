package directory

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// Business returns a business, by its id or as c- and its code, or not_found outside
// of the caller's READ scope (section 2).
func (d *Directory) Business(ctx context.Context, caller Caller, path string) (*roundtable.BusinessView, error) {
	return reading(ctx, d, caller, func(o *operation) (*roundtable.BusinessView, error) {
		profile, err := o.readableBusiness(path)
		if err != nil {
			return nil, err
		}
		return o.view(profile), nil
	})
}

// view is a business that was loaded, as readers see it today.
func (o *operation) view(profile *roundtable.BusinessProfile) *roundtable.BusinessView {
	return &roundtable.BusinessView{Profile: profile, Org: o.facts.Orgs[profile.OrgID], Day: o.day()}
}

// day is today, as plans count.
func (o *operation) day() string { return o.now.UTC().Format(time.DateOnly) }

// readableBusiness returns the business that a path names, if the caller may READ it.
func (o *operation) readableBusiness(path string) (*roundtable.BusinessProfile, error) {
	profile, err := o.businessAt(path)
	if err != nil {
		return nil, err
	}
	return profile, roundtable.ReadBusiness(o.actor, profile, o.facts)
}

// codePrefix stands in a path before a code.
const codePrefix = "c-"

// businessID returns the id of the business that a path names: by its id, or by its code
// in the caller's own organisation, which a PROVIDER must not rely on. Empty: it names
// none. Whether there is one with that id is not looked up.
func (o *operation) businessID(path string) (string, error) {
	code, byCode := strings.CutPrefix(path, codePrefix)
	switch {
	case !byCode && roundtable.ValidID(path):
		return path, nil
	case !byCode, o.actor.User.Role == roundtable.Provider, !utf8.ValidString(code), strings.ContainsRune(code, 0):
		return "", nil
	}
	return o.businessWithCode(o.actor.User.OrgID, code)
}

// businessAt loads the business that a path names, with its organisation; nil: there is
// none. Nobody's rights are judged.
func (o *operation) businessAt(path string) (*roundtable.BusinessProfile, error) {
	id, err := o.businessID(path)
	if id == "" || err != nil {
		return nil, err
	}
	profiles, err := o.loadProfiles([]string{id})
	if err != nil || len(profiles) == 0 {
		return nil, err
	}
	return profiles[0], o.loadOrgs(o.tx, []int64{profiles[0].OrgID})
}

// businessWithCode returns the id of the business with a code; empty: there is none.
func (o *operation) businessWithCode(orgID int64, code string) (id string, err error) {
	_, err = o.tx.One("SELECT id FROM businesses WHERE org_id = $1 AND code = $2", []any{orgID, code}, &id)
	return id, err
}

// loadProfiles loads businesses whole, in the order of ids; what does not exist is
// left out. An id may stand in ids only once.
func (o *operation) loadProfiles(ids []string) ([]*roundtable.BusinessProfile, error) {
	found := make(map[string]*roundtable.BusinessProfile, len(ids))
	err := db.EachIn(o.tx, "SELECT id, org_id, presence_management, code, name, city, zipcode, country, status, reach, created_at, modified_at, version, data"+
		" FROM businesses WHERE id IN (?ids)", nil, ids, func(rows *db.Rows) error {
		profile, err := scanProfile(rows)
		found[profile.ID] = profile
		return err
	})
	if err != nil {
		return nil, err
	}
	err = db.EachIn(o.tx, "SELECT business_id, group_id FROM business_groups WHERE business_id IN (?ids) ORDER BY business_id, group_id", nil, ids, func(rows *db.Rows) error {
		var id string
		var group int64
		err := rows.Scan(&id, &group)
		found[id].GroupIDs = append(found[id].GroupIDs, group)
		return err
	})
	profiles := make([]*roundtable.BusinessProfile, 0, len(found))
	for _, id := range ids {
		if profile := found[id]; profile != nil {
			profiles = append(profiles, profile)
		}
	}
	return profiles, err
}

func scanProfile(rows *db.Rows) (*roundtable.BusinessProfile, error) {
	p := &roundtable.BusinessProfile{Fields: roundtable.BusinessFields{}}
	p.GroupIDs = []int64{}
	var code, name, city, zipcode, country, status, reach, data string
	err := rows.Scan(&p.ID, &p.OrgID, &p.PresenceManagement, &code, &name, &city, &zipcode, &country, &status, &reach,
		&p.CreatedAt, &p.ModifiedAt, &p.Version, &data)
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal([]byte(data), &p.Fields); err != nil {
		return p, err
	}
	for name, value := range map[string]string{
		"code": code, "name": name, "city": city, "zipcode": zipcode, "country": country, "status": status, "reach": reach,
	} {
		p.Fields.SetText(name, value)
	}
	return p, nil
}

// insertBusiness writes a new business, but for its groups.
func insertBusiness(tx *db.Tx, p *roundtable.BusinessProfile) error {
	data, err := p.Fields.Stored()
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO businesses (id, org_id, presence_management, code, name, city, zipcode, country, status, reach,"+
		" name_key, city_key, words, created_at, modified_at, version, data)"+
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
		slices.Concat([]any{p.ID, p.OrgID, p.PresenceManagement}, columnsOfBusiness(p), []any{p.CreatedAt, p.ModifiedAt, p.Version, string(data)})...)
	return err
}

// columnsOfBusiness are the texts of a business that have columns, in the order of the
// statements, and what is folded of them.
func columnsOfBusiness(p *roundtable.BusinessProfile) []any {
	text := p.Fields.Text
	return []any{
		text("code"), text("name"), text("city"), text("zipcode"), text("country"), text("status"), text("reach"),
		roundtable.Fold(text("name")), roundtable.Fold(text("city")), p.Words(),
	}
}

func updateBusiness(tx *db.Tx, p *roundtable.BusinessProfile) error {
	data, err := p.Fields.Stored()
	if err != nil {
		return err
	}
	_, err = tx.Exec("UPDATE businesses SET code = $2, name = $3, city = $4, zipcode = $5, country = $6, status = $7, reach = $8,"+
		" name_key = $9, city_key = $10, words = $11, modified_at = $12, version = $13, data = $14 WHERE id = $1",
		slices.Concat([]any{p.ID}, columnsOfBusiness(p), []any{p.ModifiedAt, p.Version, string(data)})...)
	return err
}

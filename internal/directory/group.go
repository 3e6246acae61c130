package directory

import (
	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// Section is a section as a caller sees it.
type Section struct {
	ID        int64       `json:"id"`
	Name      string      `json:"name"`
	Groups    []GroupName `json:"groups"`
	CanEdit   bool        `json:"can_edit"`
	HasPuller bool        `json:"has_puller"` // always false: nothing here feeds them

	orgID int64
}

// GroupName is a group as its section lists it.
type GroupName struct {
	ID        int64  `json:"id"`
	Name      string `json:"name"`
	HasPuller bool   `json:"has_puller"`
}

// Group is a group with the businesses that the caller may READ in it.
type Group struct {
	GroupName
	BusinessIDs []string `json:"business_ids"`
}

// FlatGroup is a group as clients know it that know no sections.
type FlatGroup struct {
	ID        int64                 `json:"id"`
	OrgID     int64                 `json:"org_id"`
	ParentID  *int64                `json:"parent_id"` // always null
	Created   roundtable.UnixMicros `json:"created"`
	Updated   roundtable.UnixMicros `json:"updated"`
	Name      string                `json:"name"`
	Provider  string                `json:"provider"`
	Subgroups []int64               `json:"subgroups"` // always empty
}

// GroupPath is where a group is looked for.
type GroupPath struct {
	Section roundtable.Opt[int64] // not set: whatever section it is in
	Group   int64
}

// storedGroup is a group as it is stored; the zero one is no group.
type storedGroup struct {
	id, orgID, sectionID int64
	name                 string
}

// section loads a section with its organisation; the zero one does not exist.
func (o *operation) section(id int64) (Section, error) {
	var s Section
	found, err := o.tx.One("SELECT id, org_id, name FROM sections WHERE id = $1", []any{id}, &s.ID, &s.orgID, &s.Name)
	if err != nil || !found {
		return Section{}, err
	}
	return s, o.needOrg(s.orgID)
}

// group loads a group with its organisation.
func (o *operation) group(path GroupPath) (storedGroup, error) {
	var g storedGroup
	found, err := o.tx.One("SELECT id, org_id, section_id, name FROM groups WHERE id = $1", []any{path.Group}, &g.id, &g.orgID, &g.sectionID, &g.name)
	if err != nil || !found || path.Section.Set && path.Section.Value != g.sectionID {
		return storedGroup{}, err
	}
	return g, o.needOrg(g.orgID)
}

// needOrg loads an organisation that is not loaded yet.
func (o *operation) needOrg(id int64) error {
	if o.facts.Orgs[id] != nil {
		return nil
	}
	return o.loadOrgs(o.tx, []int64{id})
}

// members returns the businesses of a group, ascending.
func (o *operation) members(group int64) ([]string, error) {
	return o.ids("SELECT business_id FROM business_groups WHERE group_id = $1 ORDER BY business_id", group)
}

// ids reads a column of ids.
func (o *operation) ids(sql string, args ...any) ([]string, error) {
	ids := []string{}
	err := o.tx.Each(sql, args, func(rows *db.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// number reads one number, which is 0 where there is no row.
func (o *operation) number(sql string, args ...any) (n int64, err error) {
	_, err = o.tx.One(sql, args, &n)
	return n, err
}

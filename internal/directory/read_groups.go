package directory

import (
	"context"
	"slices"
	"strings"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// GroupFilter says which sections or groups are listed.
type GroupFilter struct {
	OrgID roundtable.Opt[int64]  // a PROVIDER's choice
	Name  roundtable.Opt[string] // part of the name of a group
	Page  Page
}

// SectionPage is a page of sections.
type SectionPage struct {
	Count    int
	Sections []*Section
	Ignored  []string // parameters that are not the caller's to choose
}

// Sections lists sections by id; by the name of a group those that have one, with
// such groups only.
func (d *Directory) Sections(ctx context.Context, caller Caller, filter GroupFilter) (*SectionPage, error) {
	return reading(ctx, d, caller, func(o *operation) (*SectionPage, error) {
		scope, ignored, err := o.groupScope(filter)
		if err != nil {
			return nil, err
		}
		page := &SectionPage{Sections: []*Section{}, Ignored: ignored}
		from := " FROM sections s WHERE " + scope.where
		if filter.Name.Set {
			from += " AND EXISTS (SELECT 1 FROM groups g WHERE g.section_id = s.id AND g.name_key LIKE $2 ESCAPE '!')"
		}
		if page.Count, err = o.count(from, scope.args); err != nil {
			return nil, err
		}
		err = o.eachOnPage("SELECT s.id, s.org_id, s.name"+from+" ORDER BY s.id", scope.args, filter.Page, page.Count, func(rows *db.Rows) error {
			s := &Section{Groups: []GroupName{}}
			err := rows.Scan(&s.ID, &s.orgID, &s.Name)
			page.Sections = append(page.Sections, s)
			return err
		})
		if err != nil {
			return nil, err
		}
		return page, o.fillSections(page.Sections, filter.Name)
	})
}

// Section returns a section with its groups.
func (d *Directory) Section(ctx context.Context, caller Caller, id int64) (*Section, error) {
	return reading(ctx, d, caller, func(o *operation) (*Section, error) {
		section, err := o.section(id)
		if err != nil {
			return nil, err
		}
		if err := roundtable.ReadGroups(o.actor, section.orgID, o.facts); err != nil {
			return nil, err
		}
		section.Groups = []GroupName{}
		return &section, o.fillSections([]*Section{&section}, roundtable.Opt[string]{})
	})
}

// Group returns a group with the businesses that the caller may READ.
func (d *Directory) Group(ctx context.Context, caller Caller, path GroupPath) (*Group, error) {
	return reading(ctx, d, caller, func(o *operation) (*Group, error) {
		group, err := o.group(path)
		if err != nil {
			return nil, err
		}
		if err := roundtable.ReadGroups(o.actor, group.orgID, o.facts); err != nil {
			return nil, err
		}
		found := &Group{GroupName: GroupName{ID: group.id, Name: group.name}}
		found.BusinessIDs, err = o.readableMembers(group.id)
		return found, err
	})
}

// FlatGroupPage is a page of groups.
type FlatGroupPage struct {
	Count   int
	Groups  []*FlatGroup
	Ignored []string
}

// FlatGroups lists the groups of all sections by id.
func (d *Directory) FlatGroups(ctx context.Context, caller Caller, filter GroupFilter) (*FlatGroupPage, error) {
	return reading(ctx, d, caller, func(o *operation) (*FlatGroupPage, error) {
		scope, ignored, err := o.groupScope(filter)
		if err != nil {
			return nil, err
		}
		page := &FlatGroupPage{Groups: []*FlatGroup{}, Ignored: ignored}
		where := " WHERE " + scope.where
		if filter.Name.Set {
			where += " AND s.name_key LIKE $2 ESCAPE '!'"
		}
		if page.Count, err = o.count(" FROM groups s"+where, scope.args); err != nil {
			return nil, err
		}
		err = o.eachOnPage(flatGroups+where+" ORDER BY s.id", scope.args, filter.Page, page.Count, func(rows *db.Rows) error {
			group, err := scanFlatGroup(rows)
			page.Groups = append(page.Groups, group)
			return err
		})
		return page, err
	})
}

// FlatGroup returns a group of whatever section.
func (d *Directory) FlatGroup(ctx context.Context, caller Caller, id int64) (*FlatGroup, error) {
	return reading(ctx, d, caller, func(o *operation) (found *FlatGroup, err error) {
		group, err := o.group(GroupPath{Group: id})
		if err != nil {
			return nil, err
		}
		if err := roundtable.ReadGroups(o.actor, group.orgID, o.facts); err != nil {
			return nil, err
		}
		err = o.tx.Each(flatGroups+" WHERE s.id = $1", []any{id}, func(rows *db.Rows) (err error) {
			found, err = scanFlatGroup(rows)
			return err
		})
		return found, err
	})
}

// flatGroups reads what scanFlatGroup takes.
const flatGroups = "SELECT s.id, s.org_id, s.created_at, s.updated_at, s.name, p.label" +
	" FROM groups s JOIN orgs o ON o.id = s.org_id JOIN providers p ON p.id = o.provider_id"

func scanFlatGroup(rows *db.Rows) (*FlatGroup, error) {
	g := &FlatGroup{Subgroups: []int64{}}
	return g, rows.Scan(&g.ID, &g.OrgID, &g.Created, &g.Updated, &g.Name, &g.Provider)
}

// groupScope is the condition on org_id that holds for what the caller may list, with
// the name looked for as its second argument.
type groupScope struct {
	where string
	args  []any
}

// groupScope judges who lists, and which organisations: a PROVIDER's choice, or all
// it may READ. Others have their own, whatever they name.
func (o *operation) groupScope(filter GroupFilter) (scope groupScope, ignored []string, err error) {
	user, asked := o.actor.User, filter.OrgID
	if err := roundtable.ReadGroups(o.actor, user.OrgID, o.facts); err != nil {
		return scope, nil, err
	}
	scope = groupScope{"s.org_id = $1", []any{user.OrgID}}
	switch {
	case user.Role != roundtable.Provider:
		if asked.Set && asked.Value != user.OrgID {
			ignored = []string{"org_id"}
		}
	case asked.Set:
		if err := o.needOrg(asked.Value); err != nil {
			return scope, nil, err
		}
		if !o.facts.CanReadOrg(user, asked.Value) {
			return scope, nil, roundtable.Invalid(roundtable.FieldError{
				Field: "org_id", Code: roundtable.CodeUnknownOrg, Message: "This organisation does not exist.",
			})
		}
		scope.args[0] = asked.Value
	default:
		scope = groupScope{"s.org_id IN (SELECT id FROM orgs WHERE provider_id = $1)", []any{o.facts.Orgs[user.OrgID].ProviderID}}
	}
	if filter.Name.Set {
		scope.args = append(scope.args, containing(roundtable.Fold(filter.Name.Value)))
	}
	return scope, ignored, nil
}

// containing is the pattern of texts that hold part; the escape character is !.
func containing(part string) string {
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(part) + "%"
}

// count counts the rows of a list.
func (o *operation) count(from string, args []any) (int, error) {
	n, err := o.number("SELECT count(*)"+from, args...)
	return int(n), err
}

// eachOnPage visits the rows of one page of a list of count rows.
func (o *operation) eachOnPage(sql string, args []any, page Page, count int, row func(*db.Rows) error) error {
	if page.beyond(count) {
		return nil
	}
	limit := slices.Concat(args, []any{page.PerPage, page.offset()})
	return o.tx.Each(sql+limitAfter(len(args)), limit, row)
}

// limitAfter is the end of a text of a list with n arguments.
func limitAfter(n int) string {
	return [...]string{" LIMIT $1 OFFSET $2", " LIMIT $2 OFFSET $3", " LIMIT $3 OFFSET $4"}[n]
}

// fillSections loads the groups of sections, those with name in their names, and
// says what the caller may edit.
func (o *operation) fillSections(sections []*Section, name roundtable.Opt[string]) error {
	byID, ids, orgs := make(map[int64]*Section, len(sections)), []int64{}, make(map[int64]bool)
	for _, s := range sections {
		byID[s.ID], orgs[s.orgID] = s, true
		ids = append(ids, s.ID)
	}
	if err := o.loadOrgs(o.tx, keys(orgs)); err != nil {
		return err
	}
	for _, s := range sections {
		s.CanEdit = o.facts.MayEditGroups(o.actor, s.orgID)
	}
	return db.EachIn(o.tx, "SELECT id, section_id, name FROM groups WHERE name_key LIKE $1 ESCAPE '!' AND section_id IN (?ids) ORDER BY id",
		[]any{containing(roundtable.Fold(name.Value))}, ids, func(rows *db.Rows) error {
			var group GroupName
			var section int64
			err := rows.Scan(&group.ID, &section, &group.Name)
			byID[section].Groups = append(byID[section].Groups, group)
			return err
		})
}

// readableMembers returns the businesses of a group that the caller may READ,
// ascending.
func (o *operation) readableMembers(group int64) ([]string, error) {
	ids, err := o.members(group)
	if err != nil {
		return nil, err
	}
	switch user := o.actor.User; user.Role {
	case roundtable.GroupManager:
		wanted := &wantedFacts{businesses: make(map[string]bool)}
		wanted.wantBusinesses(ids)
		if err := o.loadBusinesses(o.tx, wanted); err != nil {
			return nil, err
		}
		reach := roundtable.NewReach(user.OrgID, user.Accesses, o.facts.Groups)
		ids = slices.DeleteFunc(ids, func(id string) bool { return !reach.Covers(o.facts.Businesses[id].GroupIDs) })
	case roundtable.BusinessManager:
		has := make(map[string]bool, len(user.BusinessIDs))
		for _, id := range user.BusinessIDs {
			has[id] = true
		}
		ids = slices.DeleteFunc(ids, func(id string) bool { return !has[id] })
	}
	return ids, nil
}

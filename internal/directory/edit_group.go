package directory

import (
	"context"
	"slices"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// flatSection is the section, made on first use, in which clients make groups that
// know no sections.
const flatSection = "Groups"

// CreateGroup makes a group in a section.
func (d *Directory) CreateGroup(ctx context.Context, caller Caller, section int64, edit roundtable.GroupEdit) (*Labelled, error) {
	edit.Creates = true
	weight := len(edit.Businesses.Value)
	if !edit.Businesses.Set {
		var err error
		weight, err = d.weigh(ctx, "SELECT count(*) FROM businesses WHERE org_id IN (SELECT org_id FROM sections WHERE id = $1)", section)
		if err != nil {
			return nil, err
		}
	}
	return judging(ctx, d, caller, weight, edit.Form, func(o *operation) (*Labelled, error) {
		in, err := o.section(section)
		if err != nil {
			return nil, err
		}
		if err := roundtable.EditGroups(o.actor, in.orgID, edit.Form, o.facts); err != nil {
			return nil, err
		}
		group := storedGroup{orgID: in.orgID, sectionID: section}
		name, businesses, err := o.judgeGroup(&edit, group)
		if err != nil {
			return nil, err
		}
		if group.name = name; !edit.Businesses.Set {
			if businesses, err = o.readableBusinesses(in.orgID); err != nil {
				return nil, err
			}
		}
		id, err := o.insertGroup(group, businesses)
		return &Labelled{ID: id, Defaulted: !edit.Businesses.Set}, err
	})
}

// CreateFlatGroup makes an empty group for a client that knows no sections.
func (d *Directory) CreateFlatGroup(ctx context.Context, caller Caller, edit roundtable.GroupEdit) (*Labelled, error) {
	edit.Creates = true
	return judging(ctx, d, caller, 1, edit.Form, func(o *operation) (*Labelled, error) {
		orgID, err := o.orgForGroups(&edit)
		if err != nil {
			return nil, err
		}
		section, err := o.number("SELECT id FROM sections WHERE org_id = $1 AND name_key = $2", orgID, roundtable.Fold(flatSection))
		if err != nil {
			return nil, err
		}
		group := storedGroup{orgID: orgID, sectionID: section}
		if group.name, _, err = o.judgeGroup(&edit, group); err != nil {
			return nil, err
		}
		if section == 0 {
			if group.sectionID, err = o.insertSection(orgID, flatSection); err != nil {
				return nil, err
			}
		}
		id, err := o.insertGroup(group, nil)
		return &Labelled{ID: id}, err
	})
}

// UpdateGroup renames a group and replaces its businesses, each if the edit says so.
func (d *Directory) UpdateGroup(ctx context.Context, caller Caller, path GroupPath, edit roundtable.GroupEdit) (*Labelled, error) {
	weight, err := d.weighMembers(ctx, path)
	if err != nil {
		return nil, err
	}
	return judging(ctx, d, caller, weight+len(edit.Businesses.Value), edit.Form, func(o *operation) (*Labelled, error) {
		group, err := o.editableGroup(path, &edit)
		if err != nil {
			return nil, err
		}
		name, businesses, err := o.judgeGroup(&edit, group)
		if err != nil {
			return nil, err
		}
		if edit.Name.Set && name != group.name {
			if err := o.renameGroup(group.id, name); err != nil {
				return nil, err
			}
		}
		if edit.Businesses.Set {
			return o.setMembers(group, func([]string) []string { return businesses })
		}
		return &Labelled{ID: group.id}, nil
	})
}

// AddToGroup adds businesses to a group and counts how many were not in it.
func (d *Directory) AddToGroup(ctx context.Context, caller Caller, path GroupPath, edit roundtable.GroupEdit) (*Labelled, error) {
	return d.changeMembers(ctx, caller, path, edit, func(now, named []string) []string { return append(now, minus(named, now)...) })
}

// RemoveFromGroup takes businesses out of a group and counts how many were in it.
func (d *Directory) RemoveFromGroup(ctx context.Context, caller Caller, path GroupPath, edit roundtable.GroupEdit) (*Labelled, error) {
	return d.changeMembers(ctx, caller, path, edit, minus)
}

func (d *Directory) changeMembers(
	ctx context.Context, caller Caller, path GroupPath, edit roundtable.GroupEdit, change func(now, named []string) []string,
) (*Labelled, error) {
	return judging(ctx, d, caller, len(edit.Businesses.Value), edit.Form, func(o *operation) (*Labelled, error) {
		group, err := o.editableGroup(path, &edit)
		if err != nil {
			return nil, err
		}
		_, named, err := o.judgeGroup(&edit, group)
		if err != nil {
			return nil, err
		}
		return o.setMembers(group, func(now []string) []string { return change(now, named) })
	})
}

// DeleteGroup deletes a group.
func (d *Directory) DeleteGroup(ctx context.Context, caller Caller, path GroupPath) (*Labelled, error) {
	weight, err := d.weighMembers(ctx, path)
	if err != nil {
		return nil, err
	}
	return changing(ctx, d, caller, weight, func(o *operation) (*Labelled, error) {
		group, err := o.editableGroup(path, &roundtable.GroupEdit{})
		if err != nil {
			return nil, err
		}
		return &Labelled{ID: group.id}, o.deleteGroups(map[int64]bool{group.id: true})
	})
}

// editableGroup loads a group that the caller may WRITE.
func (o *operation) editableGroup(path GroupPath, edit *roundtable.GroupEdit) (storedGroup, error) {
	group, err := o.group(path)
	if err != nil {
		return group, err
	}
	return group, roundtable.EditGroups(o.actor, group.orgID, edit.Form, o.facts)
}

// judgeGroup loads what judging an edit of a group takes, and judges it.
func (o *operation) judgeGroup(edit *roundtable.GroupEdit, group storedGroup) (name string, businesses []string, err error) {
	facts := &roundtable.GroupFacts{OrgID: group.orgID, Known: make(map[string]bool)}
	if err := o.loadGroupFacts(facts, edit, group); err != nil {
		return "", nil, err
	}
	return edit.Judge(facts)
}

func (o *operation) loadGroupFacts(facts *roundtable.GroupFacts, edit *roundtable.GroupEdit, group storedGroup) error {
	if edit.Name.Set {
		key, _ := roundtable.LabelKey(edit.Name.Value)
		same, err := o.number("SELECT count(*) FROM groups WHERE section_id = $1 AND name_key = $2 AND id <> $3", group.sectionID, key, group.id)
		if err != nil {
			return err
		}
		facts.Taken = same > 0
	}
	if edit.Creates {
		all, err := o.number("SELECT count(*) FROM groups WHERE org_id = $1", group.orgID)
		if err != nil {
			return err
		}
		facts.Full = all >= roundtable.MaxGroups
	}
	return o.loadKnown(facts, group.orgID, slices.Compact(slices.Sorted(slices.Values(edit.Businesses.Value))))
}

// loadKnown looks which of some businesses an organisation has.
func (o *operation) loadKnown(facts *roundtable.GroupFacts, orgID int64, ids []string) error {
	return db.EachIn(o.tx, "SELECT id FROM businesses WHERE org_id = $1 AND id IN (?ids)", []any{orgID}, ids, func(rows *db.Rows) error {
		var id string
		err := rows.Scan(&id)
		facts.Known[id] = true
		return err
	})
}

// readableBusinesses returns the businesses of an organisation as far as the caller,
// who may WRITE its groups, may READ them.
func (o *operation) readableBusinesses(orgID int64) ([]string, error) {
	if !roundtable.ReadsAllBusinesses(o.actor) {
		return nil, nil
	}
	return o.ids("SELECT id FROM businesses WHERE org_id = $1", orgID)
}

// minus returns the elements of list that are not in other.
func minus(list, other []string) []string {
	others, rest := make(map[string]bool, len(other)), []string{}
	for _, v := range other {
		others[v] = true
	}
	for _, v := range list {
		if !others[v] {
			rest = append(rest, v)
		}
	}
	return rest
}

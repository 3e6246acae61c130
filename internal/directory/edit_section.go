package directory

import (
	"context"

	"github.com/roundtable-directory/roundtable"
)

// Labelled is what became of a section or group.
type Labelled struct {
	ID        int64
	Defaulted bool // a new group whose businesses nobody named: all that the caller may READ
	Count     int  // businesses that came or went
}

// CreateSection makes a section.
func (d *Directory) CreateSection(ctx context.Context, caller Caller, edit roundtable.GroupEdit) (*Labelled, error) {
	edit.Creates = true
	return judging(ctx, d, caller, 1, edit.Form, func(o *operation) (*Labelled, error) {
		orgID, err := o.orgForGroups(&edit)
		if err != nil {
			return nil, err
		}
		facts := &roundtable.GroupFacts{OrgID: orgID}
		if err := o.loadSectionFacts(facts, edit.Name, 0); err != nil {
			return nil, err
		}
		name, _, err := edit.Judge(facts)
		if err != nil {
			return nil, err
		}
		id, err := o.insertSection(orgID, name)
		return &Labelled{ID: id}, err
	})
}

// orgForGroups is the organisation that something new is to be in; 0: the request
// names one that does not exist.
func (o *operation) orgForGroups(edit *roundtable.GroupEdit) (int64, error) {
	if edit.OrgID.Set {
		if err := o.needOrg(edit.OrgID.Value); err != nil {
			return 0, err
		}
	}
	return roundtable.OrgForGroups(o.actor, edit.OrgID, edit.Form, o.facts)
}

// loadSectionFacts looks what stands beside a section, or beside a new one.
func (o *operation) loadSectionFacts(facts *roundtable.GroupFacts, name roundtable.Opt[string], id int64) error {
	key, _ := roundtable.LabelKey(name.Value)
	same, err := o.number("SELECT count(*) FROM sections WHERE org_id = $1 AND name_key = $2 AND id <> $3", facts.OrgID, key, id)
	if err != nil {
		return err
	}
	all, err := o.number("SELECT count(*) FROM sections WHERE org_id = $1", facts.OrgID)
	facts.Taken, facts.Full = same > 0, id == 0 && all >= roundtable.MaxSections
	return err
}

func (o *operation) insertSection(orgID int64, name string) (id int64, err error) {
	_, err = o.tx.One("INSERT INTO sections (org_id, name, name_key) VALUES ($1, $2, $3) RETURNING id",
		[]any{orgID, name, roundtable.Fold(name)}, &id)
	return id, err
}

// UpdateSection renames a section.
func (d *Directory) UpdateSection(ctx context.Context, caller Caller, id int64, edit roundtable.GroupEdit) (*Labelled, error) {
	return judging(ctx, d, caller, 1, edit.Form, func(o *operation) (*Labelled, error) {
		section, err := o.section(id)
		if err != nil {
			return nil, err
		}
		if err := roundtable.EditGroups(o.actor, section.orgID, edit.Form, o.facts); err != nil {
			return nil, err
		}
		facts := &roundtable.GroupFacts{OrgID: section.orgID}
		if err := o.loadSectionFacts(facts, edit.Name, id); err != nil {
			return nil, err
		}
		name, _, err := edit.Judge(facts)
		if err != nil {
			return nil, err
		}
		if edit.Name.Set && name != section.Name {
			_, err = o.tx.Exec("UPDATE sections SET name = $2, name_key = $3 WHERE id = $1", id, name, roundtable.Fold(name))
		}
		return &Labelled{ID: id}, err
	})
}

// DeleteSection deletes a section with its groups.
func (d *Directory) DeleteSection(ctx context.Context, caller Caller, id int64) (*Labelled, error) {
	weight, err := d.weigh(ctx, "SELECT count(*) FROM business_groups b JOIN groups g ON g.id = b.group_id WHERE g.section_id = $1", id)
	if err != nil {
		return nil, err
	}
	return changing(ctx, d, caller, weight, func(o *operation) (*Labelled, error) {
		section, err := o.section(id)
		if err != nil {
			return nil, err
		}
		if err := roundtable.EditGroups(o.actor, section.orgID, nil, o.facts); err != nil {
			return nil, err
		}
		groups := &wantedFacts{groups: make(map[int64]bool)}
		if err := o.wantGroupsOf(id, groups); err != nil {
			return nil, err
		}
		if err := o.deleteGroups(groups.groups); err != nil {
			return nil, err
		}
		_, err = o.tx.Exec("DELETE FROM sections WHERE id = $1", id)
		return &Labelled{ID: id}, err
	})
}

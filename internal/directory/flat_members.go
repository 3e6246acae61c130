package directory

import (
	"context"
	"slices"
	"strings"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// BusinessFilter picks businesses the way that clients which know no sections do.
// Empty texts and null pick nothing out.
type BusinessFilter struct {
	Query roundtable.Opt[string] // part of name, city or zipcode
	City  roundtable.Opt[string]
	OrgID roundtable.Opt[int64] // must be that of the group
}

func (f *BusinessFilter) given() bool {
	return f.Query.Value != "" || f.City.Value != "" || f.OrgID.Set && !f.OrgID.Null
}

// SetFlatMembers replaces the businesses of a group by those that are named and
// picked; one of both must say something. What a filter picks is read from a snapshot
// before the change is queued.
func (d *Directory) SetFlatMembers(ctx context.Context, caller Caller, id int64, edit roundtable.GroupEdit, filter BusinessFilter) (*Labelled, error) {
	path := GroupPath{Group: id}
	if edit.Required = !filter.given(); edit.Required {
		return d.UpdateGroup(ctx, caller, path, edit)
	}
	picked, err := reading(ctx, d, caller, func(o *operation) ([]string, error) {
		group, err := o.editableGroup(path, &edit)
		if err == nil {
			err = roundtable.PickBusinesses(o.actor, edit.Form)
		}
		if err != nil {
			return nil, err
		}
		return o.pickBusinesses(group.orgID, filter)
	})
	if err != nil {
		return nil, err
	}
	return judging(ctx, d, caller, len(picked), edit.Form, func(o *operation) (*Labelled, error) {
		group, err := o.editableGroup(path, &edit)
		if err != nil {
			return nil, err
		}
		asked := edit
		if filter.OrgID.Set && !filter.OrgID.Null && filter.OrgID.Value != group.orgID {
			asked.Form = append(slices.Clone(edit.Form), roundtable.FieldError{
				Field: "business_org_id", Code: roundtable.CodeUnknownOrg, Message: "This is not the organisation of the group.",
			})
		}
		_, named, err := o.judgeGroup(&asked, group)
		if err != nil {
			return nil, err
		}
		wanted, err := o.existing(group.orgID, picked)
		if edit.Businesses.Set {
			wanted = minus(wanted, minus(wanted, named))
		}
		if err != nil {
			return nil, err
		}
		return o.setMembers(group, func([]string) []string { return wanted })
	})
}

// existing returns those of some businesses that an organisation still has.
func (o *operation) existing(orgID int64, ids []string) ([]string, error) {
	facts := &roundtable.GroupFacts{Known: make(map[string]bool)}
	err := o.loadKnown(facts, orgID, ids)
	return keys(facts.Known), err
}

// pickBusinesses returns the businesses of an organisation that a filter picks.
func (o *operation) pickBusinesses(orgID int64, filter BusinessFilter) ([]string, error) {
	query, city := roundtable.Fold(filter.Query.Value), roundtable.Fold(filter.City.Value)
	picked := []string{}
	err := o.tx.Each("SELECT id, name, city, zipcode FROM businesses WHERE org_id = $1", []any{orgID}, func(rows *db.Rows) error {
		var id, name, town, zipcode string
		if err := rows.Scan(&id, &name, &town, &zipcode); err != nil {
			return err
		}
		town = roundtable.Fold(town)
		found := strings.Contains(roundtable.Fold(name), query) || strings.Contains(town, query) || strings.Contains(roundtable.Fold(zipcode), query)
		if found && (city == "" || town == city) {
			picked = append(picked, id)
		}
		return nil
	})
	return picked, err
}

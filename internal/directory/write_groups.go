package directory

import (
	"context"
	"slices"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// insertGroup inserts a group with its businesses. Nobody has it in an access set
// yet, so that nobody gains anything.
func (o *operation) insertGroup(group storedGroup, businesses []string) (id int64, err error) {
	_, err = o.tx.One("INSERT INTO groups (org_id, section_id, name, name_key, created_at, updated_at)"+
		" VALUES ($1, $2, $3, $4, $5, $5) RETURNING id",
		[]any{group.orgID, group.sectionID, group.name, roundtable.Fold(group.name), o.now.UnixMicro()}, &id)
	if err != nil {
		return 0, err
	}
	changes := make([]regrouping, len(businesses))
	for i, business := range businesses {
		changes[i] = regrouping{business: business, after: []int64{id}}
	}
	if err := o.shopsChanged(group.orgID); err != nil {
		return 0, err
	}
	return id, o.writeMemberships(changes)
}

func (o *operation) renameGroup(id int64, name string) error {
	_, err := o.tx.Exec("UPDATE groups SET name = $2, name_key = $3, updated_at = $4 WHERE id = $1",
		id, name, roundtable.Fold(name), o.now.UnixMicro())
	return err
}

// setMembers changes which businesses a group has, and counts those that came or went.
func (o *operation) setMembers(group storedGroup, change func(now []string) []string) (*Labelled, error) {
	now, err := o.members(group.id)
	if err != nil {
		return nil, err
	}
	wanted := change(slices.Clone(now))
	changed := slices.Concat(minus(now, wanted), minus(wanted, now))
	if len(changed) == 0 {
		return &Labelled{ID: group.id}, nil
	}
	carried := make(map[string][]int64, len(changed))
	err = db.EachIn(o.tx, "SELECT business_id, group_id FROM business_groups WHERE business_id IN (?ids)", nil, changed, func(rows *db.Rows) error {
		var business string
		var id int64
		err := rows.Scan(&business, &id)
		carried[business] = append(carried[business], id)
		return err
	})
	if err != nil {
		return nil, err
	}
	changes := make([]regrouping, len(changed))
	for i, business := range changed {
		before := carried[business]
		after := without(before, []int64{group.id})
		if !slices.Contains(before, group.id) {
			after = append(after, group.id)
		}
		changes[i] = regrouping{business, before, after}
	}
	if err := o.regroup(group.orgID, changes); err != nil {
		return nil, err
	}
	return &Labelled{ID: group.id, Count: len(changed)}, o.writeUsers()
}

// deleteGroups takes groups out of every access set and deletes them.
func (o *operation) deleteGroups(gone map[int64]bool) error {
	holders, err := o.loadHoldersOf(keys(gone))
	if err != nil {
		return err
	}
	for _, user := range holders {
		if outcome := roundtable.DropGroups(user, gone, o.facts.Groups); outcome != nil {
			outcome.Credentials = o.facts.Credentials[user.ID]
			o.record(outcome)
		}
	}
	if err := o.writeUsers(); err != nil {
		return err
	}
	for _, text := range []string{
		"UPDATE orgs SET shops_version = shops_version + 1 WHERE id IN (SELECT org_id FROM groups WHERE id IN (?ids))",
		"DELETE FROM business_groups WHERE group_id IN (?ids)", "DELETE FROM groups WHERE id IN (?ids)",
	} {
		if _, err := db.ExecIn(o.tx, text, nil, keys(gone)); err != nil {
			return err
		}
	}
	return nil
}

// wantGroupsOf notes the groups of a section.
func (o *operation) wantGroupsOf(section int64, wanted *wantedFacts) error {
	return o.tx.Each("SELECT id FROM groups WHERE section_id = $1", []any{section}, func(rows *db.Rows) error {
		var id int64
		err := rows.Scan(&id)
		wanted.groups[id] = true
		return err
	})
}

// weigh counts, on a snapshot, the rows that an operation will touch.
func (d *Directory) weigh(ctx context.Context, sql string, args ...any) (weight int, err error) {
	err = d.db.Get(ctx, func(tx *db.Tx) error {
		_, err := tx.One(sql, args, &weight)
		return err
	})
	return weight, translate(err)
}

func (d *Directory) weighMembers(ctx context.Context, path GroupPath) (int, error) {
	return d.weigh(ctx, "SELECT count(*) FROM business_groups WHERE group_id = $1", path.Group)
}

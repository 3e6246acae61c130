package directory

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// deed is one operation of any kind, before it is carried out. The same deed may be
// done again.
type deed struct {
	name    string
	by      int
	again   bool // bears an Idempotency-Key
	deletes bool // takes something away, and gives nothing
	do      func(*opened, Caller) error
}

// run carries out a deed.
func (m *deed) run(d *opened) error {
	caller := d.caller(m.by)
	if m.again {
		caller.Retry = &Retry{
			Scope: secret.HashAPIKey(m.name), Body: secret.HashAPIKey("body"), Deletes: m.deletes,
			Answer: func(any, error) (Answer, error) { return Answer{Status: 200, Body: m.name}, nil },
		}
	}
	return m.do(d, caller)
}

// doing makes a deed of an operation.
func doing[T any](s *scene, t *testing.T, name string, do func(*opened, Caller) (T, error)) *deed {
	name = fmt.Sprintf("%s (%d)", name, s.rng.Uint64())
	return &deed{name: name, by: s.caller("", 1+s.rng.Int64N(4)), again: s.rng.IntN(3) == 0, do: func(d *opened, caller Caller) error {
		_, err := do(d, caller)
		return err
	}}
}

func (m *deed) whichDeletes() *deed {
	m.deletes = true
	return m
}

// deed is a random one: half of them are about users.
func (s *scene) deed(t *testing.T) *deed {
	switch s.rng.IntN(10) {
	case 0, 1, 2:
		return s.updateDeed(t)
	case 3, 4:
		return s.personDeed(t)
	case 5:
		return s.keyDeed(t)
	case 6, 7:
		return s.groupDeed(t)
	case 8:
		return s.businessDeed(t)
	}
	return s.orgDeed(t)
}

func (s *scene) updateDeed(t *testing.T) *deed {
	next := s.steps(1)[0]
	m := doing(s, t, fmt.Sprint("update ", next.target), func(d *opened, caller Caller) (*Updated, error) {
		if next.create != nil {
			return d.CreateUser(t.Context(), caller, *next.create)
		}
		return d.UpdateUser(t.Context(), caller, next.target, next.update)
	})
	m.by = next.by
	return m
}

func (s *scene) personDeed(t *testing.T) *deed {
	id, org := s.target()
	event := 2 + s.rng.Int64N(5)
	var m *deed
	switch s.rng.IntN(4) {
	case 0:
		m = doing(s, t, "delete user "+id, func(d *opened, caller Caller) (string, error) {
			return d.DeleteUser(t.Context(), caller, id, roundtable.Precondition{})
		}).whichDeletes()
	case 1:
		m = doing(s, t, "invite "+id, func(d *opened, caller Caller) (any, error) { return nil, d.InviteUser(t.Context(), caller, id) })
	default:
		m = doing(s, t, fmt.Sprintf("revert %d of %s", event, id), func(d *opened, caller Caller) (*Updated, error) {
			return d.RevertUser(t.Context(), caller, id, event, roundtable.Precondition{})
		})
	}
	m.by = s.caller(id, org)
	return m
}

func (s *scene) keyDeed(t *testing.T) *deed {
	id := 1 + s.rng.Int64N(40)
	switch s.rng.IntN(4) {
	case 0:
		change := roundtable.APIKeyChange{Type: opt(s, oneOf(s, "user", "bot")), Patch: roundtable.APIKeyPatch{Label: some("new")}}
		return doing(s, t, "make a key", func(d *opened, caller Caller) (*ChangedKey, error) {
			return d.CreateAPIKey(t.Context(), caller, change)
		})
	case 1:
		change := roundtable.APIKeyChange{Patch: roundtable.APIKeyPatch{
			HasRestrictedPermissions: some(s.rng.IntN(2) == 0), Permissions: some([]string{oneOf(s, roundtable.Permissions()...)}),
		}}
		return doing(s, t, fmt.Sprint("change key ", id), func(d *opened, caller Caller) (*ChangedKey, error) {
			return d.UpdateAPIKey(t.Context(), caller, caller.KeyID, change)
		})
	case 2:
		return doing(s, t, fmt.Sprint("rotate key ", id), func(d *opened, caller Caller) (*SecretKey, error) {
			return d.RotateAPIKey(t.Context(), caller, id, roundtable.Rotation{})
		})
	}
	return doing(s, t, fmt.Sprint("revoke key ", id), func(d *opened, caller Caller) (*roundtable.APIKeyRecord, error) {
		return d.RevokeAPIKey(t.Context(), caller, id, nil)
	})
}

func (s *scene) groupDeed(t *testing.T) *deed {
	section, path := 1+s.rng.Int64N(8), GroupPath{Group: 1 + s.rng.Int64N(14)}
	members := roundtable.GroupEdit{Businesses: some(shopIDs(s.someShops(1+s.rng.Int64N(4), 5)...)), Field: "business_ids"}
	named := roundtable.GroupEdit{Name: some(fmt.Sprint("Name ", s.rng.IntN(20)))}
	change := func(what string, do func(*opened, Caller) (*Labelled, error)) *deed {
		return doing(s, t, fmt.Sprintf("%s: section %d, group %d, %q", what, section, path.Group, members.Businesses.Value), do)
	}
	switch s.rng.IntN(9) {
	case 0:
		return change("delete section", func(d *opened, caller Caller) (*Labelled, error) {
			return d.DeleteSection(t.Context(), caller, section)
		}).whichDeletes()
	case 1:
		return change("delete group", func(d *opened, caller Caller) (*Labelled, error) {
			return d.DeleteGroup(t.Context(), caller, path)
		}).whichDeletes()
	case 2, 3:
		return change("add to group", func(d *opened, caller Caller) (*Labelled, error) {
			return d.AddToGroup(t.Context(), caller, path, members)
		})
	case 4:
		return change("remove from group", func(d *opened, caller Caller) (*Labelled, error) {
			return d.RemoveFromGroup(t.Context(), caller, path, members)
		}).whichDeletes()
	case 5:
		return change("set members", func(d *opened, caller Caller) (*Labelled, error) {
			return d.SetFlatMembers(t.Context(), caller, path.Group, roundtable.GroupEdit{Field: "business__in"}, BusinessFilter{Query: some(fmt.Sprint(s.seed.Orgs[0].ID))})
		})
	case 6:
		return change("new section", func(d *opened, caller Caller) (*Labelled, error) {
			return d.CreateSection(t.Context(), caller, named)
		})
	case 7:
		return change("new flat group", func(d *opened, caller Caller) (*Labelled, error) {
			return d.CreateFlatGroup(t.Context(), caller, named)
		})
	}
	return change("new group", func(d *opened, caller Caller) (*Labelled, error) {
		return d.CreateGroup(t.Context(), caller, section, named)
	})
}

func (s *scene) businessDeed(t *testing.T) *deed {
	org := 1 + s.rng.Int64N(4)
	path := oneOf(s, shopIDs(shopsOf[org]...)...)
	if s.rng.IntN(3) == 0 {
		path = fmt.Sprint(codePrefix, "L", 1+s.rng.IntN(17))
	}
	update := roundtable.BusinessUpdate{Patch: roundtable.BusinessPatch{Groups: opt(s, s.someOf(groupsOf[org], 3))}}
	switch s.rng.IntN(4) {
	case 0:
		return doing(s, t, "delete business "+path, func(d *opened, caller Caller) (string, error) {
			return d.DeleteBusiness(t.Context(), caller, path, roundtable.TagCondition{})
		}).whichDeletes()
	case 1:
		if s.rng.IntN(2) == 0 {
			update.Patch.OrgID = some(org)
		}
		update.Patch.SetFields(map[string]json.RawMessage{
			"name": json.RawMessage(`"New"`), "city": json.RawMessage(`"Paris"`), "categories": json.RawMessage(`["x"]`),
			"zipcode": json.RawMessage(`"75001"`), "country": json.RawMessage(`"FR"`),
		})
		return doing(s, t, "new business", func(d *opened, caller Caller) (*roundtable.BusinessView, error) {
			return d.CreateBusiness(t.Context(), caller, update)
		})
	}
	return doing(s, t, fmt.Sprintf("groups of business %s: %v", path, update.Patch.Groups.Value), func(d *opened, caller Caller) (*roundtable.BusinessView, error) {
		return d.UpdateBusiness(t.Context(), caller, path, update)
	})
}

func (s *scene) orgDeed(t *testing.T) *deed {
	org := 1 + s.rng.Int64N(6)
	update := roundtable.OrgUpdate{Patch: roundtable.OrgPatch{Name: some(fmt.Sprint("Org ", s.rng.IntN(5)))}}
	var m *deed
	switch s.rng.IntN(8) {
	case 0:
		m = doing(s, t, fmt.Sprint("delete organisation ", org), func(d *opened, caller Caller) (any, error) {
			return nil, d.DeleteOrg(t.Context(), caller, org, roundtable.OrgDeletion{Force: true})
		}).whichDeletes()
	case 1, 2:
		m = doing(s, t, "new organisation", func(d *opened, caller Caller) (*roundtable.Org, error) {
			return d.CreateOrg(t.Context(), caller, update)
		})
	case 3, 4:
		plans := roundtable.PlansUpdate{Plans: some([]roundtable.PlanPatch{{Name: some(oneOf(s, roundtable.PlanNames()...))}})}
		m = doing(s, t, fmt.Sprint("plans of ", org), func(d *opened, caller Caller) (*roundtable.Org, error) {
			return d.UpdatePlans(t.Context(), caller, org, plans)
		})
	default:
		m = doing(s, t, fmt.Sprint("update organisation ", org), func(d *opened, caller Caller) (*roundtable.Org, error) {
			return d.UpdateOrg(t.Context(), caller, org, update)
		})
	}
	if s.rng.IntN(2) == 0 {
		m.by = oneOf(s, 1, 6) // the PROVIDERs
	}
	return m
}

// clone is a scene of the same company, with a course of its own.
func (s *scene) clone(seed, course uint64) *scene {
	other := newScene(seed)
	other.rng = newRand(seed, course)
	other.restless = slices.Clone(s.restless)
	return other
}

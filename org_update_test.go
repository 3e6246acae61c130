package roundtable

import (
	"fmt"
	"reflect"
	"testing"
)

// answered tells an error, or that there is none.
func answered(err error) string {
	if err == nil {
		return "done"
	}
	return err.Error()
}

// orgCalls are all that is judged of an organisation, for one that has room for it.
var orgCalls = []struct {
	name string
	call func(Actor, *Org, *Facts) error
}{
	{"read", ReadOrg},
	{"plans", ReadPlans},
	{"name", func(actor Actor, org *Org, facts *Facts) error {
		_, err := UpdateOrg(actor, org, &OrgUpdate{Patch: OrgPatch{Name: Some("Vannes"), Alias: Some("vannes")}, FreeAlias: "vannes"}, facts)
		return err
	}},
	{"limit", func(actor Actor, org *Org, facts *Facts) error {
		_, err := UpdateOrg(actor, org, &OrgUpdate{Patch: OrgPatch{MaxBusinesses: Some[int64](7)}}, facts)
		return err
	}},
	{"set plans", func(actor Actor, org *Org, facts *Facts) error {
		_, err := UpdatePlans(actor, org, &PlansUpdate{Plans: Some([]PlanPatch{}), Today: "2026-03-01"}, facts)
		return err
	}},
	{"delete", func(actor Actor, org *Org, facts *Facts) error {
		return DeleteOrg(actor, org, &OrgDeletion{Empty: true}, facts)
	}},
}

// TestOrgRights: section 1.3, role by role. What is not listed is done.
func TestOrgRights(t *testing.T) {
	t.Parallel()
	const notFound, forbidden, limit = "not_found", "operation_not_allowed", "operation_not_allowed (max_businesses: edit_not_allowed)"
	stranger := map[string]string{"read": notFound, "plans": notFound, "name": notFound, "limit": notFound, "set plans": notFound, "delete": notFound}
	reader := map[string]string{"plans": forbidden, "name": forbidden, "limit": forbidden, "set plans": forbidden, "delete": forbidden}
	admin := map[string]string{"plans": forbidden, "limit": limit, "set plans": forbidden, "delete": forbidden}
	for caller, wants := range map[string]map[int64]map[string]string{
		"provider":                 {123: nil, 124: nil, 200: stranger},
		"foreign/PROVIDER":         {123: stranger, 124: stranger, 200: nil},
		"admin":                    {123: admin, 124: stranger, 200: stranger},
		"sister/ORG_ADMIN":         {123: stranger, 124: admin, 200: stranger},
		"manager":                  {123: reader, 124: stranger, 200: stranger},
		"group":                    {123: reader, 124: stranger, 200: stranger},
		"business":                 {123: reader, 124: stranger, 200: stranger},
		"publisher":                {123: reader, 124: stranger, 200: stranger},
		"foreign/BUSINESS_MANAGER": {123: stranger, 124: stranger, 200: reader},
	} {
		for id, refused := range wants {
			for _, test := range orgCalls {
				c := newCompany()
				want := "done"
				if refused[test.name] != "" {
					want = refused[test.name]
				}
				if got := answered(test.call(c.actor(caller), c.facts.Orgs[id], c.facts)); got != want {
					t.Errorf("%s, %s of %d: %s, want %s", caller, test.name, id, got, want)
				}
				if got := answered(test.call(c.actor(caller), nil, c.facts)); got != notFound {
					t.Errorf("%s, %s of none: %s", caller, test.name, got)
				}
			}
		}
		c := newCompany()
		_, err := CreateOrg(c.actor(caller), &OrgUpdate{Patch: OrgPatch{Name: Some("Vannes")}, FreeAlias: "vannes"}, c.facts)
		if isProvider := c.user(caller).Role == Provider; isProvider != (err == nil) || err != nil && err.Error() != forbidden {
			t.Errorf("%s creates: %v", caller, err)
		}
	}
}

// TestOrgKeys: a restricted key does what its permissions name, and no more.
func TestOrgKeys(t *testing.T) {
	t.Parallel()
	for _, permissions := range [][]string{{}, {PermissionUserRead, PermissionUserEdit}, {PermissionOrgRead}, {PermissionOrgEdit}} {
		for _, test := range orgCalls {
			c := newCompany()
			actor := c.actor("provider")
			key := *actor.Key
			key.HasRestrictedPermissions, key.Permissions = true, permissions
			actor.Key = &key
			needed := PermissionOrgEdit
			if test.name == "read" || test.name == "plans" {
				needed = PermissionOrgRead
			}
			want := "operation_not_allowed"
			if len(permissions) == 1 && permissions[0] == needed {
				want = "done"
			}
			if got := answered(test.call(actor, c.facts.Orgs[124], c.facts)); got != want {
				t.Errorf("%q, %s: %s, want %s", permissions, test.name, got, want)
			}
			if _, err := CreateOrg(actor, &OrgUpdate{Patch: OrgPatch{Name: Some("Vannes")}}, c.facts); (err == nil) != (len(permissions) == 1 && permissions[0] == PermissionOrgEdit) {
				t.Errorf("%q creates: %v", permissions, err)
			}
			if err := ReadOrgs(actor); (err == nil) != (len(permissions) == 1 && permissions[0] == PermissionOrgRead) {
				t.Errorf("%q searches: %v", permissions, err)
			}
		}
	}
}

// TestUpdateOrgKeepsWhatItJudged: judging changes nothing, and what is equal to the
// present is no change, and refused to nobody who may update.
func TestUpdateOrgKeepsWhatItJudged(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		patch OrgPatch
		free  string
		want  string
	}{
		"nothing":             {want: "same"},
		"the present":         {patch: OrgPatch{Name: Some(" Carmelide "), Alias: Some("carmelide"), MaxBusinesses: Some[int64](12)}, free: "carmelide", want: "same"},
		"taken, as before":    {patch: OrgPatch{Alias: Some("carm")}, free: "carmelide", want: "same"},
		"a name":              {patch: OrgPatch{Name: Some("C")}, want: "C carmelide 12"},
		"an alias":            {patch: OrgPatch{Alias: Some("c")}, free: "c_2", want: "Carmelide c_2 12"},
		"another limit":       {patch: OrgPatch{MaxBusinesses: Some[int64](0)}, want: "Carmelide carmelide 0"},
		"no limit":            {patch: OrgPatch{MaxBusinesses: Null[int64]()}, want: "Carmelide carmelide none"},
		"everything is wrong": {patch: OrgPatch{Name: Some(""), Alias: Some("É"), MaxBusinesses: Some[int64](-1)}, want: "invalid (name: invalid_length, alias: invalid_characters, max_businesses: out_of_range)"},
	} {
		c := newCompany()
		limit := int64(12)
		org := &Org{ID: 124, ProviderID: 1, Name: "Carmelide", Alias: "carmelide", MaxBusinesses: &limit, Version: 1}
		untouched := *org
		after, err := UpdateOrg(c.actor("provider"), org, &OrgUpdate{Patch: test.patch, FreeAlias: test.free}, c.facts)
		got := answered(err)
		switch {
		case after == org:
			got = "same"
		case after != nil && after.MaxBusinesses == nil:
			got = fmt.Sprint(after.Name, " ", after.Alias, " none")
		case after != nil:
			got = fmt.Sprint(after.Name, " ", after.Alias, " ", *after.MaxBusinesses)
		}
		if got != test.want || !reflect.DeepEqual(*org, untouched) {
			t.Errorf("%s: %s, want %s; judged %+v", name, got, test.want, org)
		}
	}
}

// TestDeleteOrg: section 3, order of checks included.
func TestDeleteOrg(t *testing.T) {
	t.Parallel()
	form := []FieldError{{Field: "force", Code: CodeWrongType}}
	old := Precondition{Given: true, States: []State{{Org: 7}}}
	for name, test := range map[string]struct {
		caller   string
		deletion OrgDeletion
		want     string
	}{
		"empty":                {"provider", OrgDeletion{Empty: true}, "done"},
		"by force":             {"provider", OrgDeletion{Force: true}, "done"},
		"not empty":            {"provider", OrgDeletion{}, "invalid (force: org_not_empty)"},
		"not empty, and old":   {"provider", OrgDeletion{IfMatch: old}, "invalid (force: org_not_empty)"},
		"old":                  {"provider", OrgDeletion{Force: true, IfMatch: old}, "version_conflict"},
		"form first":           {"provider", OrgDeletion{Form: form, HasProviders: true}, "invalid (force: wrong_type)"},
		"form of a stranger":   {"admin", OrgDeletion{Form: form}, "invalid (force: wrong_type)"},
		"of a PROVIDER":        {"provider", OrgDeletion{Force: true, HasProviders: true}, "operation_not_allowed (org_id: org_of_provider)"},
		"by its own ORG_ADMIN": {"sister/ORG_ADMIN", OrgDeletion{Empty: true, Force: true}, "operation_not_allowed"},
	} {
		c := newCompany()
		if got := answered(DeleteOrg(c.actor(test.caller), c.facts.Orgs[124], &test.deletion, c.facts)); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

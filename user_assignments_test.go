package roundtable

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestAccesses(t *testing.T) {
	t.Parallel()
	accesses := func(sets ...[]int64) UserPatch { return UserPatch{Accesses: Some(sets)} }
	of := func(n int, set ...int64) [][]int64 { return slices.Repeat([][]int64{set}, n) }
	asManager := UserPatch{Role: Some("GROUP_MANAGER"), Accesses: Some([][]int64{{1}, {99}})}
	asShopkeeper := UserPatch{Role: Some("BUSINESS_MANAGER"), Accesses: Some([][]int64{{99}})}
	cases := map[string]updateCase{
		"order kept":                  {patch: accesses([]int64{3, 1}, []int64{2}), want: "accesses=[[3,1],[2]]"},
		"null":                        {patch: UserPatch{Accesses: Null[[][]int64]()}, want: "accesses=[]"},
		"empty":                       {patch: accesses(), want: "accesses=[]"},
		"the present":                 {patch: accesses([]int64{2}), want: "no change"},
		"the present, with repeats":   {patch: accesses([]int64{2, 2}, []int64{2}), want: "no change"},
		"repeats collapse":            {patch: accesses([]int64{1, 2, 1}, []int64{3}, []int64{1, 2}), want: "accesses=[[1,2],[3]]"},
		"an empty set":                {patch: accesses([]int64{1}, []int64{}), want: "invalid (accesses.1: empty_access_set)"},
		"unknown groups":              {patch: accesses([]int64{1, 99}, []int64{-1}), want: "invalid (accesses.0.1: unknown_group, accesses.1.0: unknown_group)"},
		"a group of the sister":       {patch: accesses([]int64{1, 5}), want: "invalid (accesses.0.1: unknown_group)"},
		"a group of another provider": {patch: accesses([]int64{6}), want: "invalid (accesses.0.0: unknown_group)"},
		"100 sets":                    {patch: accesses(of(100, 1)...), want: "accesses=[[1]]"},
		"101 sets":                    {patch: accesses(of(101, 1)...), want: "invalid (accesses: too_many_items)"},
		"100 groups in a set":         {patch: accesses(slices.Repeat([]int64{1}, 100)), want: "accesses=[[1]]"},
		"101 groups in a set":         {patch: accesses([]int64{1}, slices.Repeat([]int64{1}, 101)), want: "invalid (accesses.1: too_many_items)"},
		"unused":                      {target: "near", patch: accesses([]int64{1}), want: "no change ~accesses"},
		"unused: not looked up":       {target: "near", patch: accesses([]int64{99}, []int64{6}), want: "no change ~accesses"},
		"unused, but the form counts": {target: "near", patch: accesses([]int64{99}, []int64{}), want: "invalid (accesses.1: empty_access_set)"},
		"unused, and too many":        {target: "near", patch: accesses(of(101, 99)...), want: "invalid (accesses: too_many_items)"},
		"unused, and the present":     {target: "near", patch: accesses(), want: "no change"},
		"used after a role change":    {target: "near", patch: asManager, want: "invalid (accesses.1.0: unknown_group)"},
		"unused after a role change":  {target: "groupNear", patch: asShopkeeper, want: `accesses=[] role="BUSINESS_MANAGER" !accesses_dropped:1 ~accesses`},
		"granted by an ORG_MANAGER":   {caller: "manager", patch: accesses([]int64{4}), want: "accesses=[[4]]"},
		"in the resulting organisation": {
			caller: "provider", patch: UserPatch{OrgID: Some[int64](124), Accesses: Some([][]int64{{5}, {1}})},
			want: "invalid (accesses.1.0: unknown_group)",
		},
	}
	for name, test := range cases {
		if test.target == "" {
			test.target = "groupNear"
			cases[name] = test
		}
	}
	run(t, cases)
}

func TestBusinessIDs(t *testing.T) {
	t.Parallel()
	shops := func(numbers ...int) UserPatch {
		ids := make([]string, len(numbers))
		for i, n := range numbers {
			ids[i] = shop(n)
		}
		return UserPatch{BusinessIDs: Some(ids)}
	}
	ids := func(list ...string) UserPatch { return UserPatch{BusinessIDs: Some(list)} }
	changed := func(numbers ...int) string {
		return strings.ReplaceAll(fmt.Sprintf("business_ids=%q", shops(numbers...).BusinessIDs.Value), " ", ",")
	}
	run(t, map[string]updateCase{
		"order kept":                  {patch: shops(12, 3, 1), want: changed(12, 3, 1)},
		"another order":               {patch: shops(2, 1), want: changed(2, 1)},
		"repeats collapse":            {patch: shops(3, 1, 3), want: changed(3, 1)},
		"null":                        {patch: UserPatch{BusinessIDs: Null[[]string]()}, want: "business_ids=[]"},
		"empty":                       {patch: shops(), want: "business_ids=[]"},
		"the present":                 {patch: shops(1, 2), want: "no change"},
		"the present, with repeats":   {patch: shops(1, 2, 1, 2), want: "no change"},
		"null where there is none":    {target: "none", patch: UserPatch{BusinessIDs: Null[[]string]()}, want: "no change"},
		"unknown":                     {patch: shops(1, 99, 3, 99), want: "invalid (business_ids.1: unknown_business, business_ids.3: unknown_business)"},
		"malformed":                   {patch: ids("<string>", "", strings.ToUpper(shop(1)), shop(1)+"0"), want: "invalid (business_ids.0: unknown_business, business_ids.1: unknown_business, business_ids.2: unknown_business, business_ids.3: unknown_business)"},
		"of the sister":               {patch: shops(1, 21), want: "invalid (business_ids.1: unknown_business)"},
		"of another provider":         {patch: shops(31), want: "invalid (business_ids.0: unknown_business)"},
		"unused":                      {target: "groupNear", patch: shops(1), want: "no change ~business_ids"},
		"unused: not looked up":       {target: "groupNear", patch: ids("<string>", shop(99)), want: "no change ~business_ids"},
		"unused, and the present":     {target: "groupNear", patch: shops(), want: "no change"},
		"granted by an ORG_MANAGER":   {caller: "manager", patch: shops(10), want: changed(10)},
		"used after a role change":    {target: "groupNear", patch: UserPatch{Role: Some("BUSINESS_MANAGER"), BusinessIDs: Some([]string{shop(99)})}, want: "invalid (business_ids.0: unknown_business)"},
		"unused after a role change":  {patch: UserPatch{Role: Some("ORG_MANAGER"), BusinessIDs: Some([]string{shop(99)})}, want: `business_ids=[] role="ORG_MANAGER" !business_ids_dropped:2 ~business_ids`},
		"by a GROUP_MANAGER, within":  {caller: "group", patch: shops(6, 1), want: changed(6, 1)},
		"by it, none at all":          {caller: "group", patch: shops(), want: "business_ids=[]"},
		"by it, beyond its reach":     {caller: "group", patch: shops(1, 7), want: "operation_not_allowed (business_ids: edit_not_allowed)"},
		"by it, unknown":              {caller: "group", patch: shops(1, 99), want: "invalid (business_ids.1: unknown_business)"},
		"by it, of the sister":        {caller: "group", patch: shops(1, 21), want: "invalid (business_ids.1: unknown_business)"},
		"by it, beyond and unknown":   {caller: "group", patch: shops(99, 7), want: "operation_not_allowed (business_ids: edit_not_allowed)"},
		"by it, to a user without":    {caller: "group", target: "none", patch: shops(1), want: "not_found"},
		"in the resulting one":        {caller: "provider", patch: UserPatch{OrgID: Some[int64](124), BusinessIDs: Some([]string{shop(21), shop(1)})}, want: "invalid (business_ids.1: unknown_business)"},
		"the old ones are gone there": {caller: "provider", patch: UserPatch{OrgID: Some[int64](124), BusinessIDs: Some([]string{shop(1), shop(2), shop(21)})}, want: "invalid (business_ids.0: unknown_business, business_ids.1: unknown_business)"},
	})
}

func TestTenThousandBusinesses(t *testing.T) {
	t.Parallel()
	c := newCompany()
	many := make([]string, 10_001)
	for i := range many {
		many[i] = fmt.Sprintf("%024x", i)
		c.facts.Businesses[many[i]] = Business{ID: many[i], OrgID: 123, GroupIDs: []int64{1, 2}}
	}
	outcome, err := c.update("admin", "near", UserPatch{BusinessIDs: Some(many[:10_000])})
	if err != nil || !slices.Equal(outcome.After.BusinessIDs, many[:10_000]) {
		t.Errorf("10,000: %.200s", told(outcome, err))
	}
	for _, target := range []string{"near", "groupNear"} { // unused or not, the form must be right
		if got := told(c.update("admin", target, UserPatch{BusinessIDs: Some(many)})); got != "invalid (business_ids: too_many_items)" {
			t.Errorf("10,001 of %s: %.200s", target, got)
		}
	}
}

func TestAddedBusinessIDs(t *testing.T) {
	t.Parallel()
	c := newCompany()
	patch := UserPatch{BusinessIDs: Some([]string{shop(1), shop(9), "<string>", "", shop(2), shop(9)[:23] + "G"})}
	if got := AddedBusinessIDs(c.user("near"), &patch); !slices.Equal(got, []string{shop(9)}) {
		t.Errorf("at home: %q", got)
	}
	patch.OrgID = Some[int64](124)
	if got := AddedBusinessIDs(c.user("near"), &patch); !slices.Equal(got, []string{shop(1), shop(9), shop(2)}) {
		t.Errorf("with a move: %q", got)
	}
}

func TestValidID(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]bool{
		shop(1): true, "0123456789abcdef01234567": true, "": false, "0123456789abcdef0123456": false, "0123456789abcdef012345678": false,
		"0123456789ABCDEF01234567": false, "0123456789abcdeg01234567": false, "0123456789abcdef0123456/": false, "0123456789abcdef0123456:": false,
		"0123456789abcdef0123456`": false, "0123456789abcdef012345é": false,
	} {
		if ValidID(id) != want {
			t.Errorf("%q: %v", id, !want)
		}
	}
}

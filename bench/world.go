package main

import "fmt"

// Sizes of a seeded world that do not grow with it.
const (
	providers     = 4
	hotOrgs       = 20 // the organisations of the hot shape; 200 users at 10 each
	longList      = 50 // businesses of the managers that hold many
	chainShops    = 12_000
	chainMid      = 64 // managers of 1,000 businesses in the chain
	chainTop      = 8  // managers of 10,000
	chainFirst    = 4  // index of the first of them, after its administrators
	firstGroupMgr = 4
	managerKeys   = 5 // BUSINESS_MANAGERs of an organisation that hold a key
)

// world is the seeded directory. Who exists, with which role and which businesses, is a
// pure function of its size, so that a million users need no memory here.
//
// Organisations are numbered from 1; the one after the last is the chain, whose managers
// hold 1,000 and 10,000 businesses each. Users of an organisation are numbered from 0.
type world struct {
	orgs       int
	perOrg     int // users
	fewestShop int // businesses of the smallest organisation
	named      bool
	giantUsers int // of the giant organisation, the one after the chain; 0: there is none
}

// user names a user by organisation and place in it; a negative place is the PROVIDER.
type user struct{ org, place int }

func newWorld(users int) world {
	w := world{orgs: min(1000, users/10), fewestShop: 20}
	w.perOrg = users / w.orgs
	if users > 100_000 {
		w.fewestShop = 60 // 100 on average: 100,000 in all
	}
	return w
}

func (w world) chain() int { return w.orgs + 1 }

func (w world) businesses(org int) int {
	switch {
	case org == w.chain():
		return chainShops
	case org > w.chain():
		return w.giantShops()
	}
	return w.fewestShop + org*37%81
}

func (w world) users(org int) int {
	switch {
	case org == w.chain():
		return chainFirst + chainMid + chainTop + 1 // and chainManager
	case org > w.chain():
		return w.giantUsers
	}
	return w.perOrg
}

// firstManager is the place of the first BUSINESS_MANAGER of an ordinary organisation.
func (w world) firstManager() int { return firstGroupMgr + 1 + w.perOrg/100 }

// managers is how many of them there are.
func (w world) managers() int { return w.perOrg - w.firstManager() }

// manager is the k-th BUSINESS_MANAGER of an ordinary organisation.
func (w world) manager(org, k int) user { return user{org, w.firstManager() + k} }

func (w world) role(u user) string {
	switch {
	case u.place < 0:
		return "PROVIDER"
	case u.place < 2:
		return "ORG_ADMIN"
	case u.place == 2:
		return "ORG_MANAGER"
	case u.place == 3:
		return "PUBLISHER"
	case u == w.chainManager(), u.org < w.chain() && u.place < w.firstManager(), u.org > w.chain() && u.place < w.giantManager():
		return "GROUP_MANAGER"
	}
	return "BUSINESS_MANAGER"
}

// holdsMany says whether the k-th manager of an organisation holds a long list.
func (w world) holdsMany(org, k int) bool { return k%100 == 0 && w.businesses(org) >= longList+10 }

// shops are the businesses of a BUSINESS_MANAGER at the start, in the order of the list.
func (w world) shops(u user) []int {
	if u.org > w.chain() {
		return w.giantList(u)
	}
	if u.org == w.chain() {
		if k := u.place - chainFirst; k < chainMid {
			return numbers(k*131, 1000)
		}
		return numbers(0, 10_000)
	}
	k := u.place - w.firstManager()
	if w.holdsMany(u.org, k) {
		return numbers(0, longList)
	}
	// Two businesses of country k mod 3, so that the group managers' reach is known.
	first := 3*((k*7+u.org)%((w.businesses(u.org)-6)/3)) + k%3
	return []int{first, first + 6}
}

func numbers(from, n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = from + i
	}
	return list
}

// hasKey says whether a user calls: about ten in every organisation do, of every role.
func (w world) hasKey(u user) bool {
	return u.place <= firstGroupMgr || u.org != w.chain() && u.place >= w.firstManager() && u.place < w.firstManager()+managerKeys
}

func providerOf(org int) int { return 1 + (org-1)%providers }

// providerUser is the PROVIDER above an organisation; it lives in the organisation of its own number.
func providerUser(org int) user { return user{providerOf(org), -1} }

// groupsOf are the groups of a business: one of three countries, one of two services.
func groupsOf(org, shop int) []int { return []int{org*10 + 1 + shop%3, org*10 + 4 + shop%2} }

func (u user) id() string { return fmt.Sprintf("5309c3a2%08x%08x", u.org, uint32(u.place)) }

func (u user) email() string          { return fmt.Sprintf("user-%d-%d@bench.example", u.org, u.place) }
func (u user) key() string            { return fmt.Sprintf("bench-%d-%d", u.org, u.place) }
func businessID(org, shop int) string { return fmt.Sprintf("5409c35a%08x%08x", org, shop) }

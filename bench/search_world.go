package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Sizes of the world that searches are measured on: everybody has a name to be found by,
// and beside the many small organisations there is one with a fifth of all users.
const (
	giantGroups = 1_000
	manySets    = 50 // access sets of the first GROUP_MANAGER of each organisation
	giantIDs    = 1_000_000
)

// searchWorld is the world with names, and with the giant organisation.
func searchWorld(users int) world {
	giant := users / 5
	w := newWorld(users - giant)
	w.named, w.giantUsers = true, giant
	return w
}

func (w world) giant() int { return w.chain() + 1 }

func (w world) lastOrg() int {
	if w.giantUsers > 0 {
		return w.giant()
	}
	return w.chain()
}

// giantShops is the businesses of the giant organisation: a tenth of its users.
func (w world) giantShops() int { return w.giantUsers / 10 }

// giantManager is the place of its first BUSINESS_MANAGER.
func (w world) giantManager() int { return firstGroupMgr + w.giantUsers/100 }

// giantSectionSizes is how many groups each section of the giant has: regions, brands,
// services, teams.
var giantSectionSizes = []int{40, 10, 50, giantGroups - 100}

// giantGroupsOf are the groups of a business of the giant: one of each section.
func giantGroupsOf(shop int) []int {
	var groups []int
	first := giantIDs
	for section, size := range giantSectionSizes {
		groups = append(groups, first+(shop*(2*section+1)+shop/size)%size)
		first += size
	}
	return groups
}

// sets are the access sets of a GROUP_MANAGER in a world with names.
func (w world) sets(u user) [][]int {
	if u.org != w.giant() {
		sets := make([][]int, manySets)
		for i := range sets { // two of the three countries
			sets[i] = []int{u.org*10 + 1 + i%2, u.org*10 + 4 + i/2%2}
		}
		return sets
	}
	chance := rand.New(rand.NewPCG(3, uint64(u.place)))
	sets := make([][]int, 1+chance.IntN(5))
	if u.place == firstGroupMgr {
		sets = make([][]int, manySets)
	}
	regions, brands := giantSectionSizes[0], giantSectionSizes[1]
	for i := range sets {
		brand := chance.IntN(brands - 1)
		sets[i] = []int{giantIDs + chance.IntN(regions), giantIDs + regions + brand, giantIDs + regions + brand + 1}
	}
	return sets
}

// reachedShop is a business that the first GROUP_MANAGER of an organisation reaches.
func (w world) reachedShop(org int) int {
	if org != w.giant() {
		return 0
	}
	set := w.sets(user{org, firstGroupMgr})[0]
	for shop := range w.giantShops() {
		groups := giantGroupsOf(shop)
		if slices.Contains(set, groups[0]) && slices.Contains(set, groups[1]) {
			return shop
		}
	}
	return 0
}

// giantList is the businesses of a BUSINESS_MANAGER of the giant; one in twenty has none.
func (w world) giantList(u user) []int {
	chance := rand.New(rand.NewPCG(4, uint64(u.place)))
	if chance.IntN(20) == 0 {
		return nil
	}
	first := chance.IntN(w.giantShops() - 1)
	return []int{first, first + 1}
}

// person is what people search a user by.
type person struct {
	first, last, status string
	disabled            int
	keywords            []string
}

// firstNames are those that people bear, alone or in pairs.
var firstNames = []string{
	"Marie", "Jean", "Anna", "Pierre", "Luca", "Sofia", "Jürgen", "Éloïse", "Karim", "Zoé", "Paul", "Marta", "Iñigo", "Chloé", "Mateusz",
	"Nadia", "Hugo", "Inês", "Omar", "Léa", "Victor", "Clara", "Björn", "Alice", "Tomás", "Emma", "Noël", "Sara", "Luís", "Julie", "André",
	"Eva", "Max", "Laura", "Ivan", "Rosa", "Kévin", "Petra", "Samir", "Lina",
}

// nameStarts, nameMiddles and nameEnds make last names.
var nameStarts = []string{
	"Mar", "Ber", "Dub", "Lau", "Gar", "Mor", "Fer", "Roux", "Leg", "Fon", "Kow", "Nov", "Sch", "Mül", "Hof", "Bau", "Ros", "San", "Oli",
	"Val", "Del", "Per", "Gal", "Car", "Lan", "Boh", "Gau", "Yva", "Bla", "Cas",
}

// nameMiddles stand in last names.
var nameMiddles = []string{
	"a", "e", "i", "o", "u", "an", "en", "in", "on", "ar", "er", "il", "al", "tor", "bel", "mon", "ri", "li", "va", "do",
}

// nameEnds end last names.
var nameEnds = []string{
	"tin", "nard", "ois", "rent", "cia", "reau", "nandez", "sel", "rand", "taine", "ski", "ák", "mann", "ler", "feld", "mer", "si", "tos",
	"veira", "ley", "court", "val", "les", "don", "celot", "ort", "vain", "nnec", "se", "se",
}

// keywords become rarer towards the end.
var keywords = []string{
	"knight", "grail", "table", "castle", "sword", "horse", "shield", "banner", "north", "south", "east", "west", "night", "early", "late",
	"vip", "trainer", "first-aid", "fire", "keys",
}

// person follows from the user alone. Half share one of forty first names and all have one
// of some eighteen thousand last names; seven in ten have a keyword, few of them the last.
func (u user) person() person {
	chance := rand.New(rand.NewPCG(uint64(u.org), uint64(int64(u.place))))
	p := person{first: oneOf(chance, firstNames), status: "active"}
	p.last = oneOf(chance, nameStarts) + oneOf(chance, nameMiddles) + oneOf(chance, nameEnds)
	if chance.IntN(2) == 0 {
		p.first += "-" + oneOf(chance, firstNames)
	}
	if chance.IntN(20) == 0 && u.place >= firstGroupMgr+managerKeys {
		p.status = "invited"
	}
	if chance.IntN(33) == 0 && u.place >= firstGroupMgr+managerKeys {
		p.disabled = 1
	}
	for range chance.IntN(4) {
		p.keywords = append(p.keywords, keywords[min(chance.IntN(len(keywords)), chance.IntN(len(keywords)))])
	}
	return p
}

func oneOf(chance *rand.Rand, list []string) string { return list[chance.IntN(len(list))] }

// address is the e-mail address of a user in a world with names.
func (u user) address() string {
	p := u.person()
	fold := strings.NewReplacer("é", "e", "ï", "i", "ü", "u", "ñ", "n", "ö", "o", "ê", "e", "á", "a", "ë", "e", "í", "i", " ", "")
	return fold.Replace(strings.ToLower(p.first+"."+strings.TrimSpace(p.last))) + fmt.Sprintf(".%d@org%d.example", u.place, u.org)
}

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
)

// mixText says what generator.mixed sends; the report prints it.
const mixText = "65 % one field, 23 % five fields, 2 % `business_ids` of 50 with two of them changed, 5 % refused (403 and 400), " +
	"5 % no change; callers: 40 % ORG_ADMIN, 20 % ORG_MANAGER, 15 % GROUP_MANAGER, 20 % BUSINESS_MANAGER on itself, 5 % PROVIDER; no password"

// update is one request with the status that must answer it. Without a body it is a GET.
type update struct {
	caller, target user
	body           []byte
	want           int
	under          string // what follows the path of the target
	path           string // instead of that of the target
}

func (u update) url() string {
	if u.path != "" {
		return u.path
	}
	return "/v2/user/" + u.target.id() + u.under
}

// header is what the request bears beside its length: the key of the caller, or what a
// browser says of a form.
func (u update) header() map[string]string {
	switch {
	case u.path == signInPath:
		return map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
	case u.body == nil:
		return map[string]string{"X-Apikey": u.caller.key()}
	}
	return map[string]string{"X-Apikey": u.caller.key(), "Content-Type": "application/json"}
}

// applies says whether the update changes the target when it is answered as wanted.
func (u update) applies() bool { return u.body != nil && u.want == http.StatusOK }

// generator makes the requests of one mode. Each changes something, because the values
// carry a counter; only those that are meant to change nothing do not.
type generator struct {
	world world
	orgs  int // only the first so many are called
	rand  *rand.Rand
	count int
	lists map[user]*shopList
}

func newGenerator(w world) *generator {
	return &generator{world: w, orgs: w.orgs, rand: rand.New(rand.NewPCG(1, 2)), lists: make(map[user]*shopList)}
}

// mixed is one request of the mix.
func (g *generator) mixed() update {
	switch share := g.rand.IntN(100); {
	case share < 65:
		return g.oneField()
	case share < 88:
		return g.fiveFields()
	case share < 90:
		return g.fewShops()
	case share < 95:
		return g.refused()
	default:
		return g.same()
	}
}

// mixedHot is the mix on the users of a few organisations.
func (g *generator) mixedHot() update {
	g.orgs = min(hotOrgs, g.world.orgs)
	return g.mixed()
}

// mixedWithPasswords is the mix in which one request in a thousand sets a password.
func (g *generator) mixedWithPasswords() update {
	if g.rand.IntN(1000) > 0 {
		return g.mixed()
	}
	org := g.org()
	return g.accepted(user{org, g.rand.IntN(2)}, g.anyManager(org), object{"password": "Roundtable!" + g.next("")})
}

func (g *generator) oneField() update {
	caller, target := g.pair()
	var body object
	switch g.rand.IntN(4) {
	case 0:
		body = object{"first_name": g.next("Perceval ")}
	case 1:
		body = object{"last_name": g.next("de Galles ")}
	case 2:
		body = object{"phone": g.next("+33 6 ")}
	default:
		body = object{"keywords": []string{"knight", g.next("table ")}}
	}
	return g.accepted(caller, target, body)
}

func (g *generator) fiveFields() update {
	caller, target := g.pair()
	return g.accepted(caller, target, object{
		"first_name": g.next("Perceval "), "last_name": g.next("de Galles "), "phone": g.next("+33 6 "),
		"keywords": []string{"knight", "grail", g.next("table ")},
		"lang":     []string{"fr", "en", "es", "it", "de"}[g.rand.IntN(5)],
	})
}

// fewShops replaces two of the fifty businesses of a manager.
func (g *generator) fewShops() update {
	org := g.org()
	for !g.world.holdsMany(org, 0) {
		org = g.org()
	}
	return g.shops(g.administrator(org), g.world.manager(org, 100*g.rand.IntN(1+(g.world.managers()-1)/100)))
}

// thousandShops and tenThousandShops replace two businesses of a long list.
func (g *generator) thousandShops() update { return g.chainShops(chainFirst, chainMid) }

func (g *generator) tenThousandShops() update { return g.chainShops(chainFirst+chainMid, chainTop) }

func (g *generator) chainShops(first, users int) update {
	chain := g.world.chain()
	return g.shops(user{chain, g.rand.IntN(2)}, user{chain, first + g.rand.IntN(users)})
}

func (g *generator) shops(caller, target user) update {
	list := g.lists[target]
	if list == nil {
		list = newShopList(g.world.shops(target), g.world.businesses(target.org))
		g.lists[target] = list
	}
	list.replaceTwo(g.rand)
	return g.accepted(caller, target, object{"business_ids": list.ids(target.org)})
}

// same posts what is stored, as a nightly sync does.
func (g *generator) same() update {
	caller, target := g.pair()
	return g.accepted(caller, target, object{"email": target.email(), "role": g.world.role(target), "status": "active"})
}

// refused is forbidden or invalid, half and half.
func (g *generator) refused() update {
	org := g.org()
	admin, manager := user{org, 0}, g.caller(org)
	switch g.rand.IntN(8) {
	case 0:
		return update{caller: manager, target: admin, body: object{"phone": g.next("+33 6 ")}.encode(), want: http.StatusForbidden}
	case 1:
		return update{caller: user{org, firstGroupMgr}, target: admin, body: object{"last_name": g.next("Nobody ")}.encode(), want: http.StatusForbidden}
	case 2:
		return update{caller: manager, target: manager, body: object{"role": "ORG_ADMIN"}.encode(), want: http.StatusForbidden}
	case 3:
		return update{caller: user{org, 3}, target: user{org, 3}, body: object{"phone": g.next("+33 6 ")}.encode(), want: http.StatusForbidden}
	case 4:
		return update{caller: admin, target: manager, body: object{"email": "nobody", "first_name": g.next("Nobody ")}.encode(), want: http.StatusBadRequest}
	case 5:
		return update{caller: admin, target: manager, body: object{"phone": "<string>"}.encode(), want: http.StatusBadRequest}
	case 6:
		return update{caller: manager, target: manager, body: object{"keywords": make([]string, 13)}.encode(), want: http.StatusBadRequest}
	default:
		return update{caller: admin, target: manager, body: object{"business_ids": []string{g.next("5409c35a00000000")}}.encode(), want: http.StatusBadRequest}
	}
}

// read gets a user by id.
func (g *generator) read() update {
	caller, target := g.pair()
	return update{caller: caller, target: target, want: http.StatusOK}
}

// pair picks a caller and somebody it may change.
func (g *generator) pair() (caller, target user) {
	org := g.org()
	switch share := g.rand.IntN(100); {
	case share < 40:
		return user{org, g.rand.IntN(2)}, g.anyManager(org)
	case share < 60:
		return user{org, 2}, g.anyManager(org)
	case share < 75:
		return user{org, firstGroupMgr}, g.reached(org)
	case share < 95:
		self := g.caller(org)
		return self, self
	default:
		return providerUser(org), user{org, g.rand.IntN(3)}
	}
}

func (g *generator) org() int { return 1 + g.rand.IntN(g.orgs) }

// administrator is a caller over the whole organisation.
func (g *generator) administrator(org int) user {
	if g.rand.IntN(10) == 0 {
		return providerUser(org)
	}
	return user{org, g.rand.IntN(3)}
}

func (g *generator) anyManager(org int) user {
	return g.world.manager(org, g.rand.IntN(g.world.managers()))
}

// caller is a BUSINESS_MANAGER that holds a key.
func (g *generator) caller(org int) user {
	return g.world.manager(org, g.rand.IntN(min(managerKeys, g.world.managers())))
}

// reached is a manager of two businesses in the country of the organisation's first
// GROUP_MANAGER: every third, but for those that hold many.
func (g *generator) reached(org int) user {
	thirds := 1 + (g.world.managers()-1)/3
	k := 3 * g.rand.IntN(thirds)
	for k%100 == 0 {
		k = 3 * g.rand.IntN(thirds)
	}
	return g.world.manager(org, k)
}

func (g *generator) accepted(caller, target user, body object) update {
	return update{caller: caller, target: target, body: body.encode(), want: http.StatusOK}
}

// next is a value that was not sent before.
func (g *generator) next(prefix string) string {
	g.count++
	return fmt.Sprintf("%s%08d", prefix, g.count)
}

// object is a JSON body.
type object map[string]any

func (o object) encode() []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false) // as people write it
	if err := encoder.Encode(o); err != nil {
		panic(err) // only strings and lists of them come here
	}
	return bytes.TrimSpace(b.Bytes())
}

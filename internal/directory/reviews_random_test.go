package directory

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
)

// randomReaders is randomGroups with a PUBLISHER, BUSINESS_MANAGERs and another
// organisation, in which everybody is disabled, invited or indifferent to reviews at
// random.
func randomReaders(r *rand.Rand) Seed {
	seed := randomGroups(r)
	next := len(seed.Users) + 1
	add := func(user roundtable.User) {
		seed.Users = append(seed.Users, SeedUser{User: user})
		next++
	}
	for range 6 {
		var shops []int
		for shop := range 12 {
			if r.IntN(4) == 0 {
				shops = append(shops, shop+1)
			}
		}
		add(manager(next, 1, shops...))
	}
	add(person(next, 1, roundtable.Publisher))
	add(person(next, 1, roundtable.OrgManager))
	seed.Orgs = append(seed.Orgs, SeedOrg{ID: 2, ProviderID: 1, Name: "Org 2", Alias: "org2"})
	add(person(next, 2, roundtable.OrgAdmin))
	add(person(next, 2, roundtable.Provider))
	for i := range seed.Users {
		user := &seed.Users[i].User
		user.ReceiveReviewsEmailNotifications = r.IntN(4) > 0
		if i > 1 { // those who send
			user.Disabled = r.IntN(6) == 0
		}
		if i > 1 && r.IntN(6) == 0 {
			user.Status = roundtable.Invited
		}
	}
	return seed
}

// concerns is the naive model: whether a user is told of a bad review of a shop.
func concerns(seed Seed, user roundtable.User, shop SeedBusiness) bool {
	if !user.ReceiveReviewsEmailNotifications || user.Disabled || user.Status != roundtable.Active {
		return false
	}
	switch user.Role {
	case roundtable.Provider:
		return true
	case roundtable.OrgAdmin, roundtable.OrgManager:
		return user.OrgID == shop.OrgID
	case roundtable.Publisher:
		return user.OrgID == shop.OrgID && shop.PresenceManagement
	case roundtable.BusinessManager:
		return slices.Contains(user.BusinessIDs, shop.ID)
	}
	section := make(map[int64]int64)
	for _, group := range seed.Groups {
		section[group.ID] = group.SectionID
	}
	for _, set := range user.Accesses {
		all := true
		for _, group := range set { // of its section, the shop carries one of the set
			all = all && slices.ContainsFunc(set, func(other int64) bool {
				return section[other] == section[group] && slices.Contains(shop.GroupIDs, other)
			})
		}
		if all && len(set) > 0 {
			return true
		}
	}
	return false
}

// randomReviews are reviews of random shops, some of them sent again with other stars.
func randomReviews(r *rand.Rand, shops int) (reviews []roundtable.ReviewPatch) {
	place := make(map[string]int)
	for range 60 {
		id := fmt.Sprint("r", r.IntN(45))
		if place[id] == 0 {
			place[id] = 1 + r.IntN(shops)
		}
		reviews = append(reviews, stars(id, place[id], 1+r.Int64N(5)))
	}
	return reviews
}

// modelTold is who is told of reviews that come one after the other.
func modelTold(seed Seed, reviews []roundtable.ReviewPatch) (told []string) {
	known := make(map[string]bool)
	for _, review := range reviews {
		id := review.ID.Value
		if known[id] || review.Rating.Value > 2 {
			known[id] = true
			continue
		}
		known[id] = true
		shop := slices.IndexFunc(seed.Businesses, func(b SeedBusiness) bool { return b.ID == review.BusinessID.Value })
		for _, user := range seed.Users {
			if concerns(seed, user.User, seed.Businesses[shop]) {
				told = append(told, id+" "+user.ID)
			}
		}
	}
	return told
}

// oncePerReview splits reviews into lists in which no id stands twice.
func oncePerReview(reviews []roundtable.ReviewPatch) (lists [][]roundtable.ReviewPatch) {
	seen := make(map[string]int)
	for _, review := range reviews {
		turn := seen[review.ID.Value]
		seen[review.ID.Value]++
		for len(lists) <= turn {
			lists = append(lists, nil)
		}
		lists[turn] = append(lists[turn], review)
	}
	return lists
}

// Whoever is told, at once and one by one, is whom a naive model names.
func TestRandomReviews(t *testing.T) {
	t.Parallel()
	for _, start := range []uint64{1, 2, 3, 4, rand.Uint64()} {
		r := rand.New(rand.NewPCG(start, 5))
		seed := randomReaders(r)
		reviews := randomReviews(r, len(seed.Businesses))
		want := modelTold(seed, reviews)
		atOnce, oneByOne := open(t, seed, Options{ReviewThreshold: 2}), open(t, seed, Options{ReviewThreshold: 2})
		for _, list := range oncePerReview(reviews) {
			atOnce.send(t, merlin, list...)
		}
		for _, review := range reviews {
			oneByOne.send(t, arthur, review)
		}
		name := fmt.Sprint("seed ", start)
		wantTold(t, name+", at once", atOnce.told(t), slices.Clone(want))
		wantTold(t, name+", one by one", oneByOne.told(t), slices.Clone(want))
	}
}

// Two nodes that are sent the same reviews at once tell everybody once.
func TestTwoNodesTellOnce(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(rand.Uint64(), 5))
	seed := randomReaders(r)
	options := Options{ReviewThreshold: 2, Workers: manyWorkers, Now: func() time.Time { return noon }, UseEvery: 1000 * time.Hour}
	d := open(t, seed, options)
	beside, database := *d, d.db
	if dbtest.Engine() == db.PostgreSQL {
		database = dbtest.Opened(t, d.place) // connections of its own
	}
	beside.Directory = New(database, options)
	t.Cleanup(beside.Close)
	var reviews []roundtable.ReviewPatch
	for i := range 40 {
		reviews = append(reviews, stars(fmt.Sprint("r", i), 1+r.IntN(len(seed.Businesses)), 1+r.Int64N(3)))
	}
	created, mu := 0, sync.Mutex{}
	var senders sync.WaitGroup
	for i := range 8 {
		node := []*opened{d, &beside}[i%2]
		list := slices.Clone(reviews)
		rand.New(rand.NewPCG(uint64(i), 5)).Shuffle(len(list), func(i, k int) { list[i], list[k] = list[k], list[i] })
		senders.Go(func() {
			for part := range slices.Chunk(list, 1+9*(i%4)) {
				taken, err := node.TakeReviews(t.Context(), d.caller(arthur), roundtable.ReviewBatch{Reviews: part, Listed: true})
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				created += taken.Created
				mu.Unlock()
			}
		})
	}
	senders.Wait()
	if created != len(reviews) {
		t.Errorf("%d reviews were new, of %d", created, len(reviews))
	}
	wantTold(t, "two nodes", d.told(t), modelTold(seed, reviews))
}

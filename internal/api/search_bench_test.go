package api_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/api"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// The organisation that searches are measured on.
const (
	giantUsers   = 200_000
	giantShops   = 20_000
	giantRegions = 40
	giantBrands  = 10
)

func giantShopID(n int) string { return fmt.Sprintf("b%023x", n) }

// giant is one large organisation: user 1 is its ORG_ADMIN and user 2 a GROUP_MANAGER with
// fifty access sets, each with a key of that name; all others have two businesses each.
func giant() directory.Seed {
	seed := directory.Seed{
		Providers: []directory.SeedProvider{{ID: 1, Label: "kaamelott"}},
		Orgs:      []directory.SeedOrg{{ID: 1, ProviderID: 1, Name: "Giant", Alias: "giant"}},
		Sections:  []directory.SeedSection{{ID: 1, OrgID: 1, Name: "Regions"}, {ID: 2, OrgID: 1, Name: "Brands"}},
	}
	for n := range int64(giantRegions + giantBrands) {
		section := int64(1)
		if n >= giantRegions {
			section = 2
		}
		seed.Groups = append(seed.Groups, directory.SeedGroup{ID: n + 1, OrgID: 1, SectionID: section, Name: fmt.Sprint("Group ", n)})
	}
	for n := range giantShops {
		groups := []int64{int64(1 + n%giantRegions), int64(1 + giantRegions + n/giantRegions%giantBrands)}
		seed.Businesses = append(seed.Businesses, directory.SeedBusiness{
			Business: roundtable.Business{ID: giantShopID(n), OrgID: 1, GroupIDs: groups}, Code: fmt.Sprint("L", n),
		})
	}
	first, last := []string{"Marie", "Jean", "Anna", "Pierre", "Luca-Marie"}, []string{"Martin", "Bernard", "Dubois", "Laurent", "Garcia", "Moreau", "Celot"}
	for n := range giantUsers {
		user := roundtable.User{
			ID: fmt.Sprintf("%024x", n+1), OrgID: 1, FirstName: first[n%len(first)], LastName: fmt.Sprint(last[n%len(last)], n%1_000),
			Email: fmt.Sprintf("user.%d@giant.example", n), Lang: "fr", Role: roundtable.BusinessManager, Status: roundtable.Active,
			CreatedAt: roundtable.Micros(time.Unix(founded, 0)), Keywords: []string{"knight", "castle", "sword"}[:n%4%3],
		}
		switch n {
		case 0:
			user.Role = roundtable.OrgAdmin
		case 1:
			user.Role = roundtable.GroupManager
			for i := range int64(50) {
				user.Accesses = append(user.Accesses, []int64{1 + i*7%giantRegions, 1 + giantRegions + i%giantBrands})
			}
		default:
			user.BusinessIDs = []string{giantShopID(n % giantShops), giantShopID((n + 1) % giantShops)}
		}
		seed.Users = append(seed.Users, directory.SeedUser{User: user})
	}
	for n, name := range []string{"admin", "manager"} {
		seed.Keys = append(seed.Keys, directory.SeedKey{
			APIKey: roundtable.APIKey{ID: int64(n + 1), UserID: seed.Users[n].ID}, Hash: secret.HashAPIKey(name), Label: name,
		})
	}
	return seed
}

// unread is an answer that nobody reads, so that only what the server allocates counts.
type unread struct {
	header http.Header
	status int
	bytes  int
}

func (u *unread) Header() http.Header { return u.header }

func (u *unread) WriteHeader(status int) { u.status = status }

func (u *unread) Write(p []byte) (int, error) {
	u.bytes += len(p)
	return len(p), nil
}

// BenchmarkSearchUsers is what a page of 30 with its count costs in a large organisation,
// from the request to the bytes of the answer.
func BenchmarkSearchUsers(b *testing.B) {
	database := dbtest.New(b)
	if err := directory.Plant(b.Context(), database, giant(), roundtable.Micros(time.Unix(founded, 0))); err != nil {
		b.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	d := directory.New(database, directory.Options{Now: func() time.Time { return time.Unix(noon, 0) }, Log: log, UseEvery: 1000 * time.Hour})
	b.Cleanup(d.Close)
	handler := api.New(d, log)
	for _, caller := range []string{"admin", "manager"} {
		for _, query := range []string{"", "query=marie", "query=mraie", "business_id=" + giantShopID(0), "last_name=Celot", "status=active", "order_by=role"} {
			r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/v2/user/search?"+query, nil)
			r.Header.Set("x-APIKey", caller)
			search := func(b *testing.B) {
				answer := &unread{header: make(http.Header)}
				if handler.ServeHTTP(answer, r); answer.status > http.StatusOK || answer.bytes < 1_000 {
					b.Fatalf("%d with %d bytes", answer.status, answer.bytes)
				}
			}
			b.Run(caller+" "+query, func(b *testing.B) {
				b.ReportAllocs()
				search(b) // the first one reads the roster
				for b.Loop() {
					search(b)
				}
			})
		}
	}
}

package demo

import (
	"fmt"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// The groups of organisation 123.
const (
	france   = 1
	bakery   = 2
	florist  = 3
	scotland = 4
)

// company is the data of section 6. The password hash is shared by all: the
// password is printed anyway.
func company(passwordHash string, now time.Time) directory.Seed {
	seed := directory.Seed{
		Providers: []directory.SeedProvider{{ID: 1, Label: "kaamelott"}, {ID: 2, Label: "rome"}},
		Orgs: []directory.SeedOrg{
			{ID: 123, ProviderID: 1, Name: "Kaamelott", Alias: "kaamelott", SSO: true},
			{ID: 124, ProviderID: 1, Name: "Carmelide", Alias: "carmelide"},
			{ID: 200, ProviderID: 2, Name: "Rome", Alias: "rome"},
		},
		Sections: []directory.SeedSection{
			{ID: 1, OrgID: 123, Name: "Country"},
			{ID: 2, OrgID: 123, Name: "Service"},
			{ID: 3, OrgID: 124, Name: "Country"},
			{ID: 4, OrgID: 200, Name: "Country"},
		},
		Groups: []directory.SeedGroup{
			{ID: france, OrgID: 123, SectionID: 1, Name: "France"},
			{ID: bakery, OrgID: 123, SectionID: 2, Name: "Bakery"},
			{ID: florist, OrgID: 123, SectionID: 2, Name: "Florist"},
			{ID: scotland, OrgID: 123, SectionID: 1, Name: "Scotland"},
			{ID: 5, OrgID: 124, SectionID: 3, Name: "Carmelide"},
			{ID: 6, OrgID: 200, SectionID: 4, Name: "Italy"},
		},
		Businesses: businesses(),
	}
	for _, user := range users(now) {
		seeded := directory.SeedUser{User: user}
		if user.Status == roundtable.Active && !user.Disabled {
			seeded.PasswordHash = passwordHash
		}
		seed.Users = append(seed.Users, seeded)
	}
	for i, key := range Keys() {
		seed.Keys = append(seed.Keys, directory.SeedKey{
			APIKey: roundtable.APIKey{ID: int64(i + 1), UserID: key.UserID, Demo: true},
			Hash:   secret.HashAPIKey(key.Secret), Label: key.Secret,
		})
	}
	return seed
}

// place is where a business stands.
type place struct{ city, zipcode, country string }

// businesses makes every combination of country and service three times; every
// second shop is subscribed to presence management.
func businesses() []directory.SeedBusiness {
	var all []directory.SeedBusiness
	add := func(org int64, number int, name string, at place, groups ...int64) {
		all = append(all, directory.SeedBusiness{
			Business: roundtable.Business{
				ID: Business(fmt.Sprintf("7%02d", number)), OrgID: org, GroupIDs: groups, PresenceManagement: number%2 == 1,
			},
			Code: fmt.Sprintf("L%02d", number), Name: name,
			City: at.city, Zipcode: at.zipcode, Country: at.country, Categories: []string{"shop"},
		})
	}
	paris, edinburgh, roma := place{"Paris", "75001", "FR"}, place{"Edinburgh", "EH1 1YZ", "GB"}, place{"Roma", "00186", "IT"}
	combinations := []struct {
		name   string
		at     place
		groups []int64
	}{
		{"French bakery", paris, []int64{france, bakery}},
		{"French florist", paris, []int64{france, florist}},
		{"Scottish bakery", edinburgh, []int64{scotland, bakery}},
		{"Scottish florist", edinburgh, []int64{scotland, florist}},
	}
	for i := range 12 {
		combination := combinations[i/3]
		add(123, i+1, fmt.Sprintf("%s %d", combination.name, i%3+1), combination.at, combination.groups...)
	}
	add(124, 21, "Carmelide castle", paris, 5)
	add(124, 22, "Carmelide inn", paris, 5)
	add(200, 31, "Forum", roma, 6)
	return all
}

func users(now time.Time) []roundtable.User {
	person := func(digits string, org int64, role roundtable.Role, first, last, email string) roundtable.User {
		return roundtable.User{
			ID: User(digits), OrgID: org, FirstName: first, LastName: last, Email: email, Lang: "fr",
			Role: role, Status: roundtable.Active, CreatedAt: roundtable.Micros(now),
		}
	}
	manager := person("705", 123, roundtable.GroupManager, "Karadoc", "de Vannes", "karadoc@kaamelott.com")
	manager.Accesses = [][]int64{{france, bakery}, {france, florist}}
	perceval := person("737", 123, roundtable.BusinessManager, "Perceval", "de Galles", "perceval@kaamelott.com")
	perceval.BusinessIDs = []string{Business("701"), Business("704")}
	gauvain := person("708", 123, roundtable.BusinessManager, "Gauvain", "d'Orcanie", "gauvain@kaamelott.com")
	gauvain.BusinessIDs = []string{Business("710")}
	invited := person("709", 123, roundtable.BusinessManager, "Yvain", "de Carmelide", "yvain@kaamelott.com")
	invited.BusinessIDs, invited.Status = []string{Business("702")}, roundtable.Invited
	disabled := person("710", 123, roundtable.BusinessManager, "Lancelot", "du Lac", "lancelot@kaamelott.com")
	disabled.BusinessIDs, disabled.Disabled = []string{Business("703")}, true
	return []roundtable.User{
		person("701", 123, roundtable.Provider, "Merlin", "de Carduel", "merlin@kaamelott.com"),
		person("702", 123, roundtable.OrgAdmin, "Arthur", "Pendragon", "arthur@kaamelott.com"),
		person("703", 123, roundtable.OrgAdmin, "Guenièvre", "Pendragon", "guenievre@kaamelott.com"),
		person("704", 123, roundtable.OrgManager, "Bohort", "de Gaunes", "bohort@kaamelott.com"),
		manager,
		person("706", 123, roundtable.Publisher, "Blaise", "de Northumberland", "blaise@kaamelott.com"),
		perceval, gauvain, invited, disabled,
		person("721", 124, roundtable.OrgAdmin, "Léodagan", "de Carmelide", "leodagan@carmelide.com"),
		person("731", 200, roundtable.OrgAdmin, "Caius", "Camillus", "caius@rome.com"),
	}
}

package directory

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/roundtable-directory/roundtable"
)

func (d *opened) searched(t *testing.T, by int, search BusinessSearch, order BusinessOrder, page Page) []string {
	t.Helper()
	found, err := d.SearchBusinesses(t.Context(), d.caller(by), search, order, page)
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, view := range found.List {
		ids = append(ids, view.Profile.ID)
	}
	return ids
}

// A search finds what the rules say that each may READ, whatever the access sets.
func TestSearchFindsTheReach(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	r := rand.New(rand.NewPCG(3, 4))
	for range 60 {
		texts := []string{fmt.Sprintf("DELETE FROM user_accesses WHERE user_id = '%s'", userID(karadoc))}
		for set := range r.IntN(5) {
			for position := range 1 + r.IntN(3) {
				texts = append(texts, fmt.Sprintf("INSERT INTO user_accesses (user_id, access_set, position, group_id) VALUES ('%s', %d, %d, %d)",
					userID(karadoc), set, position, 1+r.IntN(5)))
			}
		}
		d.exec(t, texts...)
		for by := merlin; by <= caius; by++ {
			if by == galessin || by == lancelot {
				continue
			}
			var want []string
			_, err := reading(t.Context(), d.Directory, d.caller(by), func(o *operation) (int, error) {
				reachable, err := o.reachable(o.tx, o.actor.User)
				for id := range reachable {
					if o.actor.User.Role != roundtable.Provider {
						want = append(want, id)
					}
				}
				return 0, err
			})
			if by == merlin {
				want = shopIDs(1, 2, 3, 4, 5, 6, 7, 8)
			}
			slices.Sort(want)
			got := d.searched(t, by, BusinessSearch{}, BusinessOrder{}, Page{1, 100})
			if err != nil || !slices.Equal(got, want) {
				t.Fatalf("%d found %v, want %v, %v, after %v", by, got, want, err, texts)
			}
		}
	}
}

func TestSearchOrders(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	for i, text := range []string{"Zèbre", "abeille", "Éléphant", "âne", "Chat", "chien"} {
		d.exec(t, fmt.Sprintf("UPDATE businesses SET name_key = '%s', code = 'C%d', city_key = '%d', created_at = %d, modified_at = %d WHERE id = '%s'",
			roundtable.Fold(text), 9-i, i%2, i%3, -i, shopID(i+1)))
	}
	for by, want := range map[string][]int{
		"": {1, 2, 3, 4, 5, 6}, "name": {2, 4, 5, 6, 3, 1}, "code": {6, 5, 4, 3, 2, 1}, "city": {1, 3, 5, 2, 4, 6},
		"created": {1, 4, 2, 5, 3, 6}, "modified": {6, 5, 4, 3, 2, 1},
	} {
		if got := d.searched(t, arthur, BusinessSearch{}, BusinessOrder{By: by}, Page{1, 30}); !slices.Equal(got, shopIDs(want...)) {
			t.Errorf("by %q: %v", by, got)
		}
		slices.Reverse(want)
		if got := d.searched(t, arthur, BusinessSearch{}, BusinessOrder{By: by, Descending: true}, Page{1, 30}); !slices.Equal(got, shopIDs(want...)) {
			t.Errorf("by -%q: %v", by, got)
		}
	}
	if got := d.searched(t, arthur, BusinessSearch{}, BusinessOrder{By: "name"}, Page{2, 4}); !slices.Equal(got, shopIDs(3, 1)) {
		t.Errorf("second page: %v", got)
	}
}

// Of many who make a business with one code at once, one does.
func TestCodesAreMadeOnce(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	errs := make([]error, 20)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			var update roundtable.BusinessUpdate
			update.Patch.SetFields(map[string]json.RawMessage{
				"name": []byte(`"New"`), "city": []byte(`"Paris"`), "zipcode": []byte(`"1"`), "country": []byte(`"FR"`),
				"categories": []byte(`["x"]`), "code": []byte(`"one"`),
			})
			_, errs[i] = d.CreateBusiness(t.Context(), d.caller(arthur), update)
		})
	}
	all.Wait()
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
		} else if !strings.Contains(err.Error(), "code_taken") {
			t.Error(err)
		}
	}
	if made != 1 {
		t.Errorf("%d were made", made)
	}
}

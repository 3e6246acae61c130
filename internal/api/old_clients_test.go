package api_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/demo"
)

// A tap replicates everything, page by page.
func TestOldTap(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	admin := &oldClient{t, c, "demo-org-admin"}
	for i := range 33 { // more than a page of 30
		section := admin.must("POST", "/sections", object{"name": fmt.Sprintf("Region %d", i)})
		for k := range 4 { // more than a page of 100 in all
			admin.must("POST", fmt.Sprintf("/sections/%d/groups", admin.number(section["id"])), object{"name": fmt.Sprintf("Town %d", k), "business__in": []string{}})
		}
		admin.must("POST", "/user", object{
			"email": fmt.Sprintf("knight%d@example.org", i), "first_name": "Knight", "last_name": fmt.Sprint(i), "role": "BUSINESS_MANAGER",
			"business_ids": []string{demo.Business("701")}, "send_invitation": "False", "org_id": "123",
		})
		admin.must("POST", "/business", object{
			"name": fmt.Sprintf("Tavern %d", i), "country": "FR", "zipcode": "75001", "city": "Paris", "categories": []string{"shop"}, "org_id": "123",
		})
	}
	for _, stream := range []struct {
		path, name string
		arguments  object
		want       int
	}{
		{"/user/search", "users", object{}, 43},
		{"/user/search", "users", object{"per_page": 7, "display_business_ids": false, "order_by": "-email", "org_id": "123"}, 43},
		{"/user/search", "users", object{"query": "knight", "status": "active", "disabled": false}, 33},
		{"/business/search", "businesses", object{}, 45},
		{"/business/search", "businesses", object{"per_page": "10", "status": "open,opening_soon", "connected_to_gmb_location": false}, 45},
		{"/business/search", "businesses", object{"subscribed_to_pm": true, "connected_to_facebook_location": true}, 0},
		{"/sections", "sections", object{}, 35},
		{"/groups", "groups", object{}, 136},
		{"/groups", "groups", object{"name__contains": "Town 1"}, 33},
		{"/org/search", "orgs", object{}, 1},
		{"/api_keys", "api_keys", object{}, 1},
		{"/user/" + demo.User("702") + "/businesses", "businesses", object{}, 45},
	} {
		if rows := admin.tap(stream.path, stream.name, stream.arguments); len(rows) != stream.want {
			t.Errorf("%s %v: %d rows, want %d", stream.path, stream.arguments, len(rows), stream.want)
		}
	}
	if count := admin.must("GET", "/user/search/count", object{}); admin.number(count["count"]) != 43 {
		t.Errorf("count %v", count)
	}
	if page := admin.must("GET", "/user/search", object{"page": 0}); admin.number(page["page"]) != 1 {
		t.Errorf("page 0 is %v", page["page"])
	}
}

// A connector finds section and group by name or makes them, puts stores into the group by
// reading and writing the whole list, and closes instead of deleting.
func TestOldConnector(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	cms := &oldClient{t, c, "demo-org-admin"}
	for _, round := range []string{"first", "again"} {
		section := cms.find("/sections", "sections", "Marques")
		if section == nil {
			if round == "again" {
				t.Fatal("the section is not found again")
			}
			section = cms.must("POST", "/sections", object{"name": "Marques", "org_id": "123"})
		}
		sectionPath := fmt.Sprintf("/sections/%d", cms.number(section["id"]))
		var group object
		for _, row := range cms.must("GET", sectionPath, nil)["groups"].([]any) {
			if row := row.(object); row["name"] == "Graal" {
				group = row
			}
		}
		if group == nil {
			group = cms.must("POST", sectionPath+"/groups", object{"name": "Graal", "business__in": []string{}})
		}
		groupPath := fmt.Sprintf("%s/groups/%d", sectionPath, cms.number(group["id"]))
		for _, store := range []string{demo.Business("701"), demo.Business("702"), "c-L03"} {
			business := cms.must("GET", "/business/"+store, nil)
			held := cms.must("GET", groupPath, nil)
			ids := append([]any{}, held["business_ids"].([]any)...)
			if !slices.Contains(ids, business["id"]) {
				ids = append(ids, business["id"])
			}
			for range 5 { // it repeats what it is not sure of
				if saved := cms.must("POST", groupPath, object{"name": held["name"], "business__in": ids}); cms.number(saved["id"]) != cms.number(group["id"]) {
					t.Fatalf("saved as %v", saved)
				}
			}
		}
		if held := cms.must("GET", groupPath, nil)["business_ids"].([]any); len(held) != 3 {
			t.Errorf("%s: the group holds %v", round, held)
		}
	}
	store := cms.must("POST", "/business", object{
		"name": "Auberge", "country": "FR", "zipcode": "29000", "city": "Quimper", "categories": []string{"inn"}, "code": "CMS-1", "org_id": "123", "status": "open",
		"contacts": []object{{"phone_numbers": []string{"+33298000000"}}}, "lat": "48.0", "long": -4.1,
	})
	id, ok := store["id"].(string)
	if !ok || len(id) != 24 {
		t.Fatalf("made as %v", store)
	}
	for range 2 {
		cms.must("POST", "/business/c-CMS-1", object{"status": "closed"})
	}
	if read := cms.must("GET", "/business/"+id, nil); read["status"] != "closed" || read["code"] != "CMS-1" {
		t.Errorf("closed as %v", read)
	}
	if closed := cms.tap("/business/search", "businesses", object{"status": "closed", "code": "CMS-1"}); len(closed) != 1 || closed[0]["id"] != id {
		t.Errorf("closed stores are %v", closed)
	}
	if _, named := cms.fails(400, "POST", "/business/"+id, object{"status": "gone", "zipcode": 29000}).(object)["status"]; !named {
		t.Error("what is wrong is not named")
	}
}

// The flat groups of before, a client's way with them.
func TestOldGroups(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	gem := &oldClient{t, c, "demo-org-admin"}
	made := gem.must("POST", "/groups", object{"name": "Bretagne", "parent_id": nil})
	path := fmt.Sprintf("/groups/%d", gem.number(made["id"]))
	if group := gem.must("GET", path, nil); group["name"] != "Bretagne" || group["parent_id"] != nil || group["subgroups"] == nil || gem.number(group["org_id"]) != 123 {
		t.Errorf("made as %v", group)
	}
	gem.must("PUT", path, object{"name": "Armorique"})
	gem.must("PUT", path+"/businesses", object{"business__in": []string{demo.Business("701"), demo.Business("712")}})
	if ids := gem.must("GET", path+"/businesses", nil)["ids"]; encodeJSON(ids) != encodeJSON([]string{demo.Business("701"), demo.Business("712")}) {
		t.Errorf("it holds %v", ids)
	}
	gem.must("PUT", path+"/businesses", object{"business_city": "Paris", "business_org_id": "123"})
	if ids := gem.must("GET", path+"/businesses", nil)["ids"].([]any); len(ids) != 6 {
		t.Errorf("in Paris are %v", ids)
	}
	gem.must("DELETE", path, nil)
	if told := gem.fails(404, "GET", path, nil); told != "Resource not found" {
		t.Errorf("gone is told as %v", told)
	}
}

// Organisations of a reseller: aliases with suffixes, ids as text, force in the query.
func TestOldOrganisations(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	reseller := &oldClient{t, c, "demo-provider"}
	for _, alias := range []string{"the_milk_company", "the_milk_company_2"} {
		org := reseller.must("POST", "/org", object{"name": "The Milk Company"})
		if org["alias"] != alias {
			t.Errorf("alias %v, want %s", org["alias"], alias)
		}
		id := reseller.number(org["org_id"])
		path := fmt.Sprintf("/org/%d", id)
		reseller.must("POST", path, object{"max_businesses": "10"})
		reseller.must("POST", "/user", object{"email": alias + "@example.org", "first_name": "Séli", "last_name": "de Carmelide", "org_id": fmt.Sprint(id), "send_invitation": "True"})
		reseller.must("POST", "/business", object{"name": "Dairy", "country": "FR", "zipcode": "29000", "city": "Quimper", "categories": []string{"dairy"}, "org_id": fmt.Sprint(id)})
		if users := reseller.tap("/user/search", "users", object{"org_id": id, "status": "invited"}); len(users) != 1 || users[0]["role"] != "ORG_ADMIN" {
			t.Errorf("users are %v", users)
		}
		if _, named := reseller.fails(400, "DELETE", path, object{"force": false}).(object)["force"]; !named {
			t.Error("force is not named")
		}
		if gone := reseller.must("DELETE", path, object{"force": true}); gone["status"] != "success" || reseller.number(gone["org_id"]) != id {
			t.Errorf("deleted as %v", gone)
		}
		reseller.fails(404, "GET", path, nil)
		reseller.must("POST", "/org", object{"name": "The Milk Company"}) // so that the next is the second
	}
}

// People come, move and leave; their clients find them by address.
func TestOldProvisioning(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	hr := &oldClient{t, c, "demo-org-admin"}
	find := func(email string) object {
		users := hr.tap("/user/search", "users", object{"email": email})
		if len(users) == 0 {
			return nil
		}
		return users[0]
	}
	for range 2 { // whoever left may come back
		if find("Galessin@Kaamelott.com") != nil {
			t.Fatal("is there before")
		}
		joined := hr.must("POST", "/user", object{
			"email": "galessin@kaamelott.com", "first_name": "Galessin", "last_name": "d'Orcanie", "role": "GROUP_MANAGER", "accesses": [][]string{{"1", "2"}, {"1", "3"}},
			"lang": "fr", "send_invitation": "False", "org_id": "123", "status": "active", "sso_only": "False",
		})
		user := find("GALESSIN@kaamelott.com")
		if user["id"] != joined["id"] || encodeJSON(user["accesses"]) != "[[1,2],[1,3]]" {
			t.Fatalf("%v joined as %v", joined, user)
		}
		path := "/user/" + user["id"].(string)
		hr.must("POST", path, object{"role": "BUSINESS_MANAGER", "business_ids": []string{demo.Business("710")}, "disabled": "False"})
		if moved := hr.must("GET", path, nil); encodeJSON(moved["accesses"]) != "[]" || encodeJSON(moved["business_ids"]) != `["`+demo.Business("710")+`"]` {
			t.Errorf("moved to %v", moved)
		}
		if hidden := hr.must("GET", path, object{"display_business_ids": false}); hidden["business_ids"] != nil {
			t.Errorf("business_ids are shown: %v", hidden)
		}
		whole := hr.must("GET", path, nil)
		whole["phone"] = "+33 6 00 00 00 00"
		hr.must("POST", path, whole) // everything that was read, and one member changed
		if _, named := hr.fails(400, "POST", "/user", object{"email": "galessin@kaamelott.com", "first_name": "Galessin", "last_name": "II"}).(object)["email"]; !named {
			t.Error("the address that is taken is not named")
		}
		if left := hr.must("DELETE", path, nil); left["status"] != "success" || left["id"] != user["id"] {
			t.Errorf("left as %v", left)
		}
		if told := hr.fails(404, "DELETE", path, nil); told != "Resource not found" {
			t.Errorf("gone is told as %v", told)
		}
	}
	invited := hr.must("POST", "/user", object{"email": "venec@kaamelott.com", "first_name": "Venec", "last_name": "le Marchand", "role": "BUSINESS_MANAGER", "send_invitation": "False", "status": "invited"})
	if sent := hr.must("POST", "/user/"+invited["id"].(string)+"/invite", object{}); sent["status"] != "success" {
		t.Errorf("invited as %v", sent)
	}
	if told := hr.fails(403, "POST", "/user/"+demo.User("706"), object{"phone": "1"}); encodeJSON(told) != `{"phone":"edit_not_allowed"}` {
		t.Errorf("refused as %v", told)
	}
}

// Keys are listed, made, used and revoked.
func TestOldKeys(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	admin := &oldClient{t, c, "demo-org-admin"}
	made := admin.must("POST", "/api_keys", object{"label": "market of Quimper", "description": "", "expiration_date": nil, "ip_whitelist": []string{}, "has_restricted_permissions": "False", "permissions": []string{}})
	market := &oldClient{t, c, made["api_key"].(string)}
	if me := market.must("GET", "/user/me", nil); me["id"] != demo.User("702") {
		t.Errorf("the key is %v", me)
	}
	if keys := admin.tap("/api_keys", "api_keys", object{"status": "active", "search_text": "quimper", "include_all_permissions": true}); len(keys) != 1 || keys[0]["id"] != made["id"] {
		t.Errorf("keys are %v", keys)
	}
	path := fmt.Sprintf("/api_keys/%d", admin.number(made["id"]))
	if named := admin.must("PUT", path, object{"label": "market"}); named["label"] != "market" || named["api_key"] != nil {
		t.Errorf("named %v", named)
	}
	for range 2 {
		if revoked := admin.must("POST", fmt.Sprintf("/api_keys/revoke/%d", admin.number(made["id"])), object{}); revoked["status"] != "success" || revoked["id"] != made["id"] {
			t.Errorf("revoked as %v", revoked)
		}
	}
	if told := market.fails(401, "GET", "/user/me", nil); told != "User not authenticated" {
		t.Errorf("a revoked key is told %v", told)
	}
	if read := admin.must("GET", path, nil); read["disabled"] != true {
		t.Errorf("revoked is %v", read)
	}
}

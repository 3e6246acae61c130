package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/demo"
)

// readers is section 2 by hand: the demo users that each demo key READs. The rest
// of all is not there for it.
var readers = map[string]string{
	"demo-provider":         "701 702 703 704 705 706 708 709 710 721 737", // its provider
	"demo-org-admin":        "701 702 703 704 705 706 708 709 710 737",     // its organisation
	"demo-org-manager":      "701 702 703 704 705 706 708 709 710 737",
	"demo-group-manager":    "702 703 704 705 709 710 737", // above it, itself, and who has a business of 01 to 06
	"demo-business-manager": "702 703 704 705 737",         // above it, itself, and who has 01 or 04
	"demo-publisher":        "706",
	"demo-other-org-admin":  "721",
	"demo-rome-admin":       "731",
}

var demoUsers = strings.Fields("701 702 703 704 705 706 708 709 710 721 731 737")

func TestReadScope(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	for key, list := range readers {
		for _, user := range demoUsers {
			readable := slices.Contains(strings.Fields(list), user)
			for _, target := range []string{"/v2/user/" + demo.User(user), "/v2/user/" + demo.User(user) + "?display_business_ids=False"} {
				got := c.send(t, call("GET", target, key, ""))
				if !readable {
					wantError(t, got, 404, nil)
					continue
				}
				var read struct{ ID string }
				if err := json.Unmarshal(got.body, &read); err != nil || got.status != 200 || read.ID != demo.User(user) {
					t.Errorf("%s reads %s: %d %s", key, target, got.status, got.body)
				}
				if brief := strings.Contains(target, "?"); bytes.Contains(got.body, []byte(`"business_ids"`)) == brief {
					t.Errorf("%s: business_ids stand in %s", target, got.body)
				}
			}
		}
		me := c.send(t, call("GET", "/v2/user/me", key, ""))
		for _, known := range demo.Keys() {
			if known.Secret == key && !bytes.Contains(me.body, []byte(`{"id":"`+known.UserID+`",`)) {
				t.Errorf("%s is %s", key, me.body)
			}
		}
	}
}

// TestUserObject compares a user to the letter: every key in the documented order
// (section 2), and none more.
func TestUserObject(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	pages := `["bulk_modification","diffusion","feedback_management","messages","posts","presence_analytics","review_analytics","review_invite","review_management"]`
	features := `["diffusion","feedback_management","messages","posts","review_invite","review_management"]`
	user := func(id, org, first, last, email, businesses, accesses, role, provider, status, disabled string) string {
		return fmt.Sprintf(`{"id":"%s","org_id":%s,"first_name":"%s","last_name":"%s","email":"%s","lang":"fr","phone":null,"sidebar_pages":%s,`+
			`"available_features":%s,"business_ids":%s,"group_id":null,"accesses":%s,"role":"%s","custom_role":null,"provider":"%s","status":"%s",`+
			`"disabled":%s,"keywords":[],"created_at":%d,"shadow_user_id":null,"sso_only":false,"reports":[],"permissions":null,"receive_reviews_email_notifications":false}`,
			demo.User(id), org, first, last, email, pages, features, businesses, accesses, role, provider, status, disabled, founded)
	}
	for _, test := range []struct{ key, id, want string }{
		{"demo-provider", "737", user("737", "123", "Perceval", "de Galles", "perceval@kaamelott.com",
			`["5409c35a97bbc544d8e26701","5409c35a97bbc544d8e26704"]`, "[]", "BUSINESS_MANAGER", "kaamelott", "active", "false")},
		{"demo-org-admin", "705", user("705", "123", "Karadoc", "de Vannes", "karadoc@kaamelott.com",
			"[]", "[[1,2],[1,3]]", "GROUP_MANAGER", "kaamelott", "active", "false")},
		{"demo-org-admin", "710", user("710", "123", "Lancelot", "du Lac", "lancelot@kaamelott.com",
			`["5409c35a97bbc544d8e26703"]`, "[]", "BUSINESS_MANAGER", "kaamelott", "active", "true")},
		{"demo-org-admin", "709", user("709", "123", "Yvain", "de Carmelide", "yvain@kaamelott.com",
			`["5409c35a97bbc544d8e26702"]`, "[]", "BUSINESS_MANAGER", "kaamelott", "invited", "false")},
		{"demo-org-admin", "701", user("701", "123", "Merlin", "de Carduel", "merlin@kaamelott.com", "[]", "[]", "PROVIDER", "kaamelott", "active", "false")},
		{"demo-rome-admin", "731", user("731", "200", "Caius", "Camillus", "caius@rome.com", "[]", "[]", "ORG_ADMIN", "rome", "active", "false")},
	} {
		if got := c.send(t, call("GET", "/v2/user/"+demo.User(test.id), test.key, "")); string(got.body) != test.want {
			t.Errorf("%s\nwant\n%s", got.body, test.want)
		}
	}
	// Pages of one's own and a subscription to some of them.
	c.exec(t, "UPDATE users SET sidebar_pages = '[\"posts\",\"bulk_modification\"]', phone = '1', keywords = '[\"k\"]' WHERE id = $1", demo.User("704"))
	want := user("704", "123", "Bohort", "de Gaunes", "bohort@kaamelott.com", "[]", "[]", "ORG_MANAGER", "kaamelott", "active", "false")
	want = strings.NewReplacer(pages, `["posts","bulk_modification"]`, features, `["posts"]`, `"phone":null`, `"phone":"1"`, `"keywords":[]`, `"keywords":["k"]`).Replace(want)
	if got := c.send(t, call("GET", "/v2/user/me", "demo-org-manager", "")); string(got.body) != want {
		t.Errorf("%s\nwant\n%s", got.body, want)
	}
}

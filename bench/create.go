package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// createMode is the row of creations.
const createMode = "create, 64"

// created makes a manager of one to three businesses, without a password.
func (g *generator) created() update {
	org := g.org()
	shops := make([]string, 1+g.rand.IntN(3))
	first := g.rand.IntN(g.world.businesses(org))
	for i := range shops {
		shops[i] = businessID(org, (first+i)%g.world.businesses(org))
	}
	body := object{
		"org_id": org, "email": g.next("joiner-") + "@bench.example", "first_name": "Perceval", "last_name": "de Galles",
		"role": "BUSINESS_MANAGER", "business_ids": shops, "lang": "fr", "sidebar_pages": []string{"posts"},
	}
	return update{caller: g.administrator(org), path: "/v2/user", body: body.encode(), want: http.StatusOK}
}

// verifyCreated finds who was created by the e-mail address.
func (s *server) verifyCreated(ctx context.Context, u update) error {
	fields := u.fields()
	search := update{caller: u.caller, path: "/v2/user/search?email=" + url.QueryEscape(fmt.Sprint(fields["email"]))}
	status, body, err := s.ask(ctx, search)
	if err != nil {
		return err
	}
	var page struct{ Users []map[string]any }
	if err := json.Unmarshal(body, &page); err != nil || status != http.StatusOK || len(page.Users) != 1 {
		return fmt.Errorf("%v is not found: %d %s", fields["email"], status, body)
	}
	for field, value := range fields {
		if stored := page.Users[0][field]; fmt.Sprint(stored) != fmt.Sprint(value) {
			return fmt.Errorf("%s of %v is %v, and %v was sent", field, fields["email"], stored, value)
		}
	}
	return nil
}

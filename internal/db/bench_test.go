package db_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
)

const (
	benchUsers = 20000
	userSelect = `SELECT id, org_id, email, email_key, first_name, last_name, lang, phone, role, status, disabled,
		sso_only, sidebar_pages, keywords, receive_reviews_email_notifications, created_at, version FROM users WHERE `
)

// user is a row as wide as the widest that requests read.
type user struct {
	id, email, key, first, last, lang, phone, role, status string
	disabled, sso, mails                                   bool
	org, created, version                                  int64
	pages, keywords                                        []string
}

func (u *user) scan(r *db.Rows) error {
	return r.Scan(&u.id, &u.org, &u.email, &u.key, &u.first, &u.last, &u.lang, &u.phone, &u.role, &u.status, &u.disabled,
		&u.sso, &u.pages, &u.keywords, &u.mails, &u.created, &u.version)
}

// reader is Read or Get.
type reader = func(*db.DB, context.Context, func(*db.Tx) error) error

func benchDB(b *testing.B) *db.DB {
	d := dbtest.New(b)
	err := d.Write(b.Context(), func(tx *db.Tx) error {
		if _, err := tx.Exec("INSERT INTO providers (id, label) VALUES (1, 'p')"); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO orgs (id, provider_id, name, name_key, alias, type, plans, created_at, version)
			VALUES (1, 1, 'o', 'o', 'o', 'x', '[]', 1, 1)`); err != nil {
			return err
		}
		for i := range benchUsers {
			_, err := tx.Exec(`INSERT INTO users (id, org_id, email, email_key, first_name, last_name, lang, phone, role,
				status, disabled, sso_only, sidebar_pages, keywords, receive_reviews_email_notifications, created_at, version)
				VALUES ($1, 1, $2, $2, 'Jeanne', 'Dupont', 'fr', '+33 1 02 03 04', 'BUSINESS_MANAGER', 'active',
				FALSE, FALSE, NULL, '[]', TRUE, 1770000000000000, 1)`, userID(i), fmt.Sprintf("someone%d@example.com", i))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return d
}

func userID(i int) string { return fmt.Sprintf("%024x", i*7919%benchUsers) }

func userIDs() []string {
	ids := make([]string, benchUsers)
	for i := range ids {
		ids[i] = userID(i)
	}
	return ids
}

func BenchmarkGetUser(b *testing.B)  { benchRead(b, (*db.DB).Get) }
func BenchmarkReadUser(b *testing.B) { benchRead(b, (*db.DB).Read) }

func benchRead(b *testing.B, read reader) {
	d, ids := benchDB(b), userIDs()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		var u user
		err := read(d, b.Context(), func(tx *db.Tx) error {
			return tx.Each(userSelect+"id = $1", []any{ids[i%benchUsers]}, u.scan)
		})
		if err != nil || u.id != ids[i%benchUsers] {
			b.Fatal(u, err)
		}
	}
}

func BenchmarkReadUsers(b *testing.B) {
	for _, n := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			d, ids := benchDB(b), userIDs()
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				at, found := i%(benchUsers-n), 0
				err := d.Read(b.Context(), func(tx *db.Tx) error {
					return db.EachIn(tx, userSelect+"id IN (?ids)", nil, ids[at:at+n], func(r *db.Rows) error {
						found++
						return new(user).scan(r)
					})
				})
				if err != nil || found != n {
					b.Fatal(found, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/row")
		})
	}
}

// One update inside a transaction: what a batch pays for each item.
func BenchmarkUpdateUser(b *testing.B) {
	d, ids := benchDB(b), userIDs()
	err := d.Write(b.Context(), func(tx *db.Tx) error {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			n, err := tx.Exec("UPDATE users SET phone = $2, version = $3 WHERE id = $1", ids[i%benchUsers], "+44 1", i)
			if err != nil || n != 1 {
				b.Fatal(n, err)
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// One update with its own transaction: what durability costs on this disk.
func BenchmarkWriteUser(b *testing.B) {
	d, ids := benchDB(b), userIDs()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		err := d.Write(b.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec("UPDATE users SET phone = $2, version = $3 WHERE id = $1", ids[i%benchUsers], "+44 1", i)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

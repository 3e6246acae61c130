package ledger

import (
	"context"
	"fmt"

	"github.com/roundtable-directory/roundtable/internal/db"
)

// CheckRows looks at the rows themselves, whoever wrote them: the events of a user
// are as many as its versions, and hang together. address is as --db has it.
func CheckRows(ctx context.Context, address string) error {
	return with(ctx, address, func(database *db.DB) error { return checkRows(ctx, database) })
}

func checkRows(ctx context.Context, database *db.DB) error {
	return database.Read(ctx, func(tx *db.Tx) error {
		for _, text := range []string{
			"SELECT u.id FROM users u LEFT JOIN (SELECT user_id, count(*) AS n, count(DISTINCT version) AS versions, min(version) AS first, max(version) AS last" +
				" FROM events GROUP BY user_id) e ON e.user_id = u.id WHERE u.version - 1 <> coalesce(n, 0) OR n > 0 AND (versions <> n OR first <> 2 OR last <> u.version)",
			"SELECT e.user_id FROM events e LEFT JOIN events p ON p.id = e.previous_id WHERE e.version - 1 <> coalesce(p.version, 1) OR p.user_id <> e.user_id",
		} {
			var wrong []string
			err := tx.Each(text, nil, func(rows *db.Rows) error {
				var user string
				err := rows.Scan(&user)
				wrong = append(wrong, user)
				return err
			})
			if err != nil {
				return err
			}
			if len(wrong) > 0 {
				return fmt.Errorf("%d users with events that do not fit, such as %s: %s", len(wrong), wrong[0], text)
			}
		}
		return nil
	})
}

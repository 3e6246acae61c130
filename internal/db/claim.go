package db

// ClaimLater claims rows by their ids for as long as the transaction lasts, as EachInLater
// reads: got hears of those that no other transaction has claimed or changed. Who leaves
// alone what it did not get is spared a conflict. Where there is one writer, which is
// SQLite, there are none, and nobody is asked.
func (t *Tx) ClaimLater(table string, ids []string, got func(id string)) error {
	if t.engine != PostgreSQL {
		for _, id := range ids {
			got(id)
		}
		return nil
	}
	return EachInLater(t, "SELECT id FROM "+table+" WHERE id IN (?ids) FOR NO KEY UPDATE SKIP LOCKED", nil, ids, func(rows *Rows) error {
		var id string
		err := rows.Scan(&id)
		got(id)
		return err
	})
}

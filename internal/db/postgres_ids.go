package db

// nextIDs takes them from the table's sequence, which gives none twice.
func (c *pgConn) nextIDs(table string, n int) ([]int64, error) {
	ids := make([]int64, 0, n)
	rows := new(Rows)
	text := "SELECT nextval('" + table + "_id_seq') FROM generate_series(1, $1::bigint)"
	if err := c.start(statementKey{sql: text}, []any{n}, rows); err != nil {
		return nil, err
	}
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// keepIDs moves the sequence above the highest id.
func (c *pgConn) keepIDs(table string) error {
	_, err := c.exec(statementKey{sql: "SELECT setval('" + table + "_id_seq', greatest(max(id), nextval('" + table + "_id_seq'))) FROM " + table}, nil)
	return err
}

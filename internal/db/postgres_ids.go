package db

import "sync"

// idBlock is how many ids are taken from a sequence at once, so that few transactions
// have to wait for theirs. Those left when the process ends are never given.
const idBlock = 256

// pgIDs are the ids that were taken from the sequences and not yet given, by table.
type pgIDs struct {
	mu    sync.Mutex
	taken map[string][]int64
}

// give gives n ids, or none if fewer are left.
func (s *pgIDs) give(table string, n int) []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := s.taken[table]
	if len(ids) < n {
		return nil
	}
	s.taken[table] = ids[n:]
	return ids[:n:n]
}

func (s *pgIDs) keep(table string, ids []int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken == nil {
		s.taken = make(map[string][]int64)
	}
	s.taken[table] = append(s.taken[table], ids...)
}

func (s *pgIDs) forget(table string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.taken, table)
}

// nextIDs takes them from the table's sequence, which gives none twice.
func (c *pgConn) nextIDs(table string, n int) ([]int64, error) {
	if ids := c.ids.give(table, n); ids != nil {
		return ids, nil
	}
	ids := make([]int64, 0, n+idBlock)
	rows := new(Rows)
	text := "SELECT nextval('" + table + "_id_seq') FROM generate_series(1, $1::bigint)"
	if err := c.start(statementKey{sql: text}, []any{n + idBlock}, rows); err != nil {
		return nil, err
	}
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	c.ids.keep(table, ids[n:])
	return ids[:n:n], nil
}

// keepIDs moves the sequence to the highest id, if it is below.
func (c *pgConn) keepIDs(table string) error {
	c.ids.forget(table) // rows may have them now
	_, err := c.exec(statementKey{sql: "SELECT setval('" + table + "_id_seq', highest) FROM (SELECT max(id) AS highest FROM " + table +
		") AS rows WHERE highest >= (SELECT last_value FROM " + table + "_id_seq)"}, nil)
	return err
}

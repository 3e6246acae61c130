package db

import (
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
)

// rowsBetweenDeadlines is how many rows may come before the deadline is moved.
const rowsBetweenDeadlines = 256

// pgRows are the rows of a statement: from the network, or from memory once another
// statement has needed the connection.
type pgRows struct {
	conn    *pgConn
	stmt    *pgStmt
	rows    *Rows
	answers *pgconn.MultiResultReader // nil once all has come
	result  *pgconn.ResultReader
	err     error
	read    int
	present [][]byte
	rest    [][][]byte
}

func (r *pgRows) step() (bool, error) {
	if r.answers == nil {
		if len(r.rest) == 0 {
			return false, r.err
		}
		r.present, r.rest = r.rest[0], r.rest[1:]
		return true, nil
	}
	if r.next() {
		r.present = r.result.Values()
		return true, nil
	}
	r.finish()
	return false, r.err
}

func (r *pgRows) next() bool {
	if r.read++; r.read%rowsBetweenDeadlines == 0 {
		r.conn.awaitAnswer()
	}
	return r.result.NextRow()
}

// finish reads the end of the answer.
func (r *pgRows) finish() {
	tag, err := r.result.Close()
	if closed := r.answers.Close(); err == nil {
		err = closed
	}
	r.answers, r.conn.reading = nil, nil
	switch {
	case err != nil:
		r.err = r.conn.fail(err)
	case tag.String() == "":
		r.err = errEmpty
	}
}

// keepRest takes the rows that are still to come into memory, the present one too.
func (r *pgRows) keepRest() {
	r.present = copied(r.present)
	for r.next() {
		r.rest = append(r.rest, copied(r.result.Values()))
	}
	r.finish()
}

func copied(row [][]byte) [][]byte {
	size := 0
	for _, value := range row {
		size += len(value)
	}
	all := make([]byte, 0, size)
	copies := make([][]byte, len(row))
	for i, value := range row {
		if value == nil {
			continue
		}
		start := len(all)
		all = append(all, value...)
		copies[i] = all[start:len(all):len(all)]
	}
	return copies
}

// stop reads what is left, for the connection to be of use.
func (r *pgRows) stop() {
	if r.rows == nil {
		return
	}
	if r.answers != nil {
		r.finish()
		if r.rows.err == nil {
			r.rows.err = r.err
		}
	}
	r.rows.cursor, r.rows = nil, nil
	active := r.conn.active
	i := slices.Index(active, r)
	r.conn.active = slices.Delete(active, i, i+1)
}

func (r *pgRows) columns() int { return len(r.stmt.Fields) }

func (r *pgRows) columnName(i int) string { return r.stmt.Fields[i].Name }

func (r *pgRows) cell(i int) cell { return cellOf(r.stmt.Fields[i].DataTypeOID, r.present[i]) }

package db

import (
	"errors"
	"strconv"
	"strings"
)

// rowsMarker stands in a text for the placeholders of rows.
const rowsMarker = "(?rows)"

// mostRows is how many rows one statement takes.
const mostRows = 64

// RowsLater is Later for rows of equal length. The text holds the marker (?rows), as in
// "INSERT INTO providers (id, label) VALUES (?rows)". A statement takes many rows, in a
// power of two, so that a text has few distinct forms to prepare. No rows, no statement.
func RowsLater(t *Tx, sql string, rows [][]any) error {
	if err := t.writable(); err != nil {
		return err
	}
	for len(rows) > 0 {
		n := mostRows
		for n > len(rows) {
			n /= 2
		}
		args := make([]any, 0, n*len(rows[0]))
		for _, row := range rows[:n] {
			args = append(args, row...)
		}
		if err := t.session.later(statementKey{sql: sql, list: n, row: len(rows[0])}, args, nil); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// expandRows writes the placeholders of rows in place of the marker.
func expandRows(key statementKey) (string, error) {
	before, after, found := strings.Cut(key.sql, rowsMarker)
	if !found {
		return "", errors.New("db: the text needs the marker " + rowsMarker + ": " + key.sql)
	}
	var b strings.Builder
	b.WriteString(before)
	for i := range key.list * key.row {
		switch {
		case i == 0:
			b.WriteString("($")
		case i%key.row == 0:
			b.WriteString("), ($")
		default:
			b.WriteString(", $")
		}
		b.WriteString(strconv.Itoa(i + 1))
	}
	b.WriteString(")")
	b.WriteString(after)
	return b.String(), nil
}

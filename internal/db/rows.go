package db

import (
	"errors"
	"math/bits"
	"strconv"
	"strings"
)

// rowsMarker stands in a text for the placeholders of rows.
const rowsMarker = "(?rows)"

// mostRows is how many rows one statement takes.
const mostRows = 64

// rowsAtOnce is how many of so many rows the next statement takes. A text is to have few
// forms to prepare; on a server, to which a statement costs more, a few more.
func rowsAtOnce(engine Engine, rows int) int {
	switch {
	case rows >= mostRows:
		return mostRows
	case engine == SQLite:
		return 1 << (bits.Len(uint(rows)) - 1)
	case rows > 16:
		return rows - rows%8
	}
	return rows
}

// RowsLater is Later for rows of equal length. The text holds the marker (?rows), as in
// "INSERT INTO providers (id, label) VALUES (?rows)". A statement takes many rows. No
// rows, no statement.
func RowsLater(t *Tx, sql string, rows [][]any) error {
	return EachRowsLater(t, sql, rows, nil)
}

// EachRowsLater is RowsLater for a statement that returns rows: returned visits them, as
// with EachLater.
func EachRowsLater(t *Tx, sql string, rows [][]any, returned func(*Rows) error) error {
	if err := t.writable(); err != nil {
		return err
	}
	for len(rows) > 0 {
		n := rowsAtOnce(t.engine, len(rows))
		args := make([]any, 0, n*len(rows[0]))
		for _, row := range rows[:n] {
			args = append(args, row...)
		}
		if err := t.session.later(statementKey{sql: sql, list: n, row: len(rows[0])}, args, returned); err != nil {
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

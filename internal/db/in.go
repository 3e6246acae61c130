package db

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// listMarker stands in a text for the placeholders of a list.
const listMarker = "(?ids)"

// The longest lists that one statement takes: of placeholders, and as one argument.
const (
	listChunk  = 1024
	arrayChunk = 16384
)

// ID is what a list may hold.
type ID interface{ ~string | ~int64 | ~int }

// EachIn visits every row of a query over a list. The text holds the marker
// (?ids), as in "SELECT name FROM users WHERE org_id = $1 AND id IN (?ids)".
//
// Long lists are read in several statements: rows come in no order over the
// whole, and a list must hold no id twice. No ids, no statement.
func EachIn[T ID](t *Tx, sql string, args []any, ids []T, row func(*Rows) error) error {
	for len(ids) > 0 {
		key, all, rest := listArgs(t.engine, sql, args, ids)
		if err := t.each(key, all, row); err != nil {
			return err
		}
		ids = rest
	}
	return nil
}

// EachInLater is EachIn as EachLater is Each.
func EachInLater[T ID](t *Tx, sql string, args []any, ids []T, row func(*Rows) error) error {
	for len(ids) > 0 {
		key, all, rest := listArgs(t.engine, sql, args, ids)
		if err := t.eachLater(key, all, row); err != nil {
			return err
		}
		ids = rest
	}
	return nil
}

// ExecIn runs an UPDATE, a DELETE or an INSERT … SELECT over a list, written as for
// EachIn.
func ExecIn[T ID](t *Tx, sql string, args []any, ids []T) (affected int64, err error) {
	for len(ids) > 0 {
		key, all, rest := listArgs(t.engine, sql, args, ids)
		n, err := t.exec(key, all)
		if err != nil {
			return affected, err
		}
		affected += n
		ids = rest
	}
	return affected, nil
}

// listArgs takes the first chunk off ids. PostgreSQL takes it as one argument. For
// SQLite it is padded with its last id, so that a text has few distinct forms to prepare.
func listArgs[T ID](e Engine, sql string, args []any, ids []T) (statementKey, []any, []T) {
	if e == PostgreSQL {
		n := min(len(ids), arrayChunk)
		return statementKey{sql: sql, list: 1}, append(slices.Clone(args), arrayOf(ids[:n])), ids[n:]
	}
	n := min(len(ids), listChunk)
	size := listSize(n)
	all := make([]any, len(args), len(args)+size)
	copy(all, args)
	for _, id := range ids[:n] {
		all = append(all, id)
	}
	for range size - n {
		all = append(all, all[len(all)-1])
	}
	return statementKey{sql: sql, list: size}, all, ids[n:]
}

// listSize rounds up to 1, 2, 4, …, 256 or 1024.
func listSize(n int) int {
	size := 1
	for size < n {
		size *= 2
	}
	if size > 256 {
		return listChunk
	}
	return size
}

// expand writes the placeholders of a list in place of the marker. They follow
// the highest one that the text names otherwise.
func expand(key statementKey) (string, error) {
	switch {
	case key.list == 0:
		return key.sql, nil
	case key.row > 0:
		return expandRows(key)
	}
	before, after, err := aroundMarker(key.sql)
	if err != nil {
		return "", err
	}
	first := highestPlaceholder(key.sql) + 1
	var b strings.Builder
	b.WriteString(before)
	for i := range key.list {
		b.WriteString([]string{", $", "($"}[oneIf(i == 0)])
		b.WriteString(strconv.Itoa(first + i))
	}
	b.WriteString(")")
	b.WriteString(after)
	return b.String(), nil
}

// expandArray is expand where the whole list is one argument.
func expandArray(key statementKey) (string, error) {
	switch {
	case key.list == 0:
		return key.sql, nil
	case key.row > 0:
		return expandRows(key)
	}
	before, after, err := aroundMarker(key.sql)
	if err != nil {
		return "", err
	}
	before, found := strings.CutSuffix(before, "IN ")
	if !found {
		return "", errors.New("db: the marker " + listMarker + " needs IN before it: " + key.sql)
	}
	return before + "= ANY ($" + strconv.Itoa(highestPlaceholder(key.sql)+1) + ")" + after, nil
}

func aroundMarker(sql string) (before, after string, err error) {
	before, after, found := strings.Cut(sql, listMarker)
	if !found || strings.Contains(after, listMarker) {
		return "", "", errors.New("db: the text needs the marker " + listMarker + " once: " + sql)
	}
	return before, after, nil
}

func highestPlaceholder(sql string) int {
	highest := 0
	for _, part := range strings.Split(sql, "$")[1:] {
		digits := len(part) - len(strings.TrimLeft(part, "0123456789"))
		n, _ := strconv.Atoi(part[:digits])
		highest = max(highest, n)
	}
	return highest
}

package dbtest

import (
	"regexp"

	"github.com/roundtable-directory/roundtable/internal/db"
)

var (
	bytesLiteral = regexp.MustCompile(`x'([0-9a-f]*)'`)
	bytesCast    = regexp.MustCompile(`CAST\(([^()]*) AS BLOB\)`)
	hexCall      = regexp.MustCompile(`\bhex\((\w+)\)`)
)

// Portable puts a statement of a test into the words of the engine that the tests run
// on, where it speaks of bytes in those of SQLite: x'00', CAST(text AS BLOB), hex(column).
func Portable(text string) string {
	if Engine() == db.PostgreSQL {
		text = bytesLiteral.ReplaceAllString(text, `'\x$1'`)
		text = bytesCast.ReplaceAllString(text, "convert_to($1, 'UTF8')")
		text = hexCall.ReplaceAllString(text, "upper(encode($1, 'hex'))")
	}
	return text
}

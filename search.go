package roundtable

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// UserSearch is what a search of users asks for: those for whom all that is given
// holds (section 2). Zero values ask for nothing.
type UserSearch struct {
	EmailKey      string     // exactly this address
	OrgID         Opt[int64] // only a PROVIDER chooses
	Query         Opt[string]
	Statuses      []Status // one of these
	Disabled      Opt[bool]
	HasBusinesses Opt[bool] // at least one is assigned
	LastName      string    // contains this, letter by letter
	Roles         []Role    // one of these
	Business      string    // may READ this business: an id, or c- and a code
	Keywords      []string  // holds one of these, compared folded
	Order         UserOrder
	Descending    bool
}

// UserOrder is by what found users are ordered; those that are alike, by id.
type UserOrder string

// The orders. Names are compared folded, the rest letter by letter.
const (
	OrderByID        UserOrder = ""
	OrderByEmail     UserOrder = "email"
	OrderByFirstName UserOrder = "first_name"
	OrderByLastName  UserOrder = "last_name"
	OrderByRole      UserOrder = "role"
	OrderByOrg       UserOrder = "org_id"
	OrderByStatus    UserOrder = "status"
)

// AllRoles are the roles that somebody can have.
func AllRoles() []Role {
	return []Role{Provider, OrgAdmin, OrgManager, GroupManager, BusinessManager, Publisher}
}

// SearchUsers judges whether actor may search: everyone may, and finds who lies in
// its READ scope; a key needs the permission.
func SearchUsers(actor Actor) error {
	if !actor.Key.may(PermissionUserRead) {
		return &Error{Code: CodeForbidden}
	}
	return nil
}

// SearchesOver reports whether actor finds everyone of an organisation that it may
// READ.
func SearchesOver(actor *User) bool { return actor.Role.overOrg() }

// Words splits a text into the words that searches compare: folded, runs of letters
// and digits.
func Words(text string) []string {
	return strings.FieldsFunc(Fold(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
}

// MistypedLength is how many letters a word needs for searches to look past a
// mistake in it.
const MistypedLength = 4

// Mistyped reports whether two words differ by one mistake: a letter too many, one
// missing, one wrong, or two next to each other exchanged.
func Mistyped(a, b string) bool {
	if d := len(a) - len(b); d > utf8.UTFMax || -d > utf8.UTFMax {
		return false
	}
	from := 0
	for from < len(a) && from < len(b) && a[from] == b[from] {
		from++
	}
	for from > 0 && (!startsRune(a, from) || !startsRune(b, from)) {
		from--
	}
	a, b = a[from:], b[from:]
	same := 0
	for same < len(a) && same < len(b) && a[len(a)-1-same] == b[len(b)-1-same] {
		same++
	}
	for same > 0 && (!startsRune(a, len(a)-same) || !startsRune(b, len(b)-same)) {
		same--
	}
	a, b = a[:len(a)-same], b[:len(b)-same]
	if oneRune(a) && oneRune(b) {
		return a != b
	}
	first, width := utf8.DecodeRuneInString(a)
	return a != "" && b != "" && oneRune(a[width:]) && a[width:]+string(first) == b
}

func startsRune(s string, at int) bool { return at >= len(s) || utf8.RuneStart(s[at]) }

// oneRune reports whether s is at most one rune.
func oneRune(s string) bool {
	_, width := utf8.DecodeRuneInString(s)
	return width == len(s)
}

package roundtable

import (
	"slices"
	"strconv"
)

// phoneMembers are the members of a contact that hold telephone numbers, one or a
// list of them.
func phoneMembers() []string {
	return []string{"phone", "phone_number", "phone_numbers", "mobile", "fax"}
}

// contacts takes a list of contacts: objects whose telephone numbers are in E.164
// form, or such numbers alone.
func (r *businessReader) contacts(path string, value any) any {
	list, ok := value.([]any)
	switch {
	case !ok:
		return r.mistyped(path, "Must be a list.")
	case len(list) > maxContacts:
		return r.refuse(path, CodeTooManyItems, tooManyItems(maxContacts).message)
	case len(list) == 0:
		return nil
	}
	for i, element := range list {
		place := path + "." + strconv.Itoa(i)
		switch contact := element.(type) {
		case string:
			r.phone(place, contact)
		case map[string]any:
			r.contact(place, contact)
		default:
			r.mistyped(place, "Must be an object.")
		}
	}
	return r.structure(path, value)
}

func (r *businessReader) contact(path string, contact map[string]any) {
	for _, name := range phoneMembers() {
		switch value := contact[name].(type) {
		case nil:
		case string:
			r.phone(path+"."+name, value)
		case []any:
			for i, element := range value {
				place := path + "." + name + "." + strconv.Itoa(i)
				if text, ok := element.(string); ok {
					r.phone(place, text)
				} else {
					r.mistyped(place, "Must be a string.")
				}
			}
		default:
			r.mistyped(path+"."+name, "Must be a string.")
		}
	}
}

func (r *businessReader) phone(path, number string) {
	if number != "" && !validE164(number) {
		r.refuse(path, CodeInvalidPhone, "Must be a telephone number in E.164 form, such as +33123456789.")
	}
}

// validE164 reports whether s is a plus sign and up to fifteen digits, the first of
// which is not 0.
func validE164(s string) bool {
	const most = 1 + 15
	if len(s) < 3 || len(s) > most || s[0] != '+' || s[1] == '0' {
		return false
	}
	return !slices.ContainsFunc([]byte(s[1:]), func(c byte) bool { return c < '0' || c > '9' })
}

package roundtable

// ValidID reports whether s has the form of a user or business id: 24
// lower-case hexadecimal characters.
func ValidID(s string) bool {
	if len(s) != 24 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

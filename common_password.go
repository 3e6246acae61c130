package roundtable

// CommonPassword reports whether a password is among the commonest, or one of them with
// the usual disguises. Pages refuse those; the API takes what the original takes.
func CommonPassword(password string) bool {
	return false
}

package roundtable

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

const (
	maxEmail      = 254
	maxEmailLocal = 64
)

// EmailKey returns the key by which an e-mail address is unique in the
// installation (section 1.7): trimmed, NFC, Unicode lower case, IDNA domain. It
// reports false for what is no address, or holds control, bidirectional or
// zero-width characters.
func EmailKey(address string) (key string, ok bool) {
	address = strings.TrimSpace(address)
	if utf8.RuneCountInString(address) > maxEmail || !utf8.ValidString(address) {
		return "", false
	}
	key = norm.NFC.String(strings.ToLower(norm.NFC.String(address)))
	at := strings.LastIndexByte(key, '@')
	if at < 0 {
		return "", false
	}
	local, domain := key[:at], key[at+1:]
	if !validLocalPart(local) {
		return "", false
	}
	domain, ok = domainKey(domain)
	return local + "@" + domain, ok
}

// validLocalPart allows dot-separated runs of letters, digits and the signs of
// RFC 5322, in any script. Quoted local parts are refused.
func validLocalPart(local string) bool {
	if local == "" || len(local) > maxEmailLocal*utf8.UTFMax || utf8.RuneCountInString(local) > maxEmailLocal {
		return false
	}
	if strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return false
	}
	for _, r := range local {
		if r < utf8.RuneSelf {
			if !isLetterOrDigit(r) && !strings.ContainsRune(".!#$%&'*+-/=?^_`{|}~", r) {
				return false
			}
		} else if unseen(r) || !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsNumber(r) && !unicode.IsPunct(r) && !unicode.IsSymbol(r) {
			return false // what remains is space or unassigned
		}
	}
	return true
}

func isLetterOrDigit(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// domainKey returns the ASCII form of a domain of at least two labels. The form is
// its own key, so that no two addresses share one by being converted twice.
func domainKey(domain string) (string, bool) {
	if strings.ContainsFunc(domain, unseen) {
		return "", false // IDNA would drop some of these in silence
	}
	profile := idna.New(
		idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true), idna.VerifyDNSLength(true),
	)
	ascii, err := profile.ToASCII(domain)
	if err != nil || !strings.Contains(ascii, ".") || strings.HasSuffix(ascii, ".") {
		return "", false
	}
	again, err := profile.ToASCII(ascii)
	return ascii, err == nil && again == ascii
}

// unseen tells control, bidirectional and zero-width characters: what a person
// comparing two addresses does not see.
func unseen(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

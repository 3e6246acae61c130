package roundtable_test

import (
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable"
)

func TestCommonPassword(t *testing.T) {
	t.Parallel()
	for _, password := range []string{
		"Password!", "Password1!", "P@ssw0rd!", "pAssword-123", "!!Qwerty12", "Welcome1!", "Dragon!99", "Aa!aaaaa", "!Iloveyou1", "Adm1n!23", "1q2w3e4r!", "",
	} {
		if !roundtable.CommonPassword(password) {
			t.Errorf("%q passes", password)
		}
	}
	for _, password := range []string{
		"Durendal!8", "Roundtable!1", "Dragon!92749", "Password of the third knight!", "kR9!vbQz", "\nZx!\n", strings.Repeat("Ab!c", 32),
	} {
		if roundtable.CommonPassword(password) {
			t.Errorf("%q is refused", password)
		}
	}
}

func TestCheckNewPassword(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]string{
		"password":   "invalid (password: weak_password)",
		"Password1!": "invalid (password: common_password)",
		"Durendal!7": "",
	} {
		got := ""
		if err := roundtable.CheckNewPassword(password); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", password, got, want)
		}
	}
}

package roundtable

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of single values and lists (section 1).
const (
	maxName         = 100
	maxPhone        = 32
	maxKeywords     = 12
	maxKeyword      = 100
	maxAccessSets   = 100
	maxAccessGroups = 100
	maxBusinessIDs  = 10_000

	// maxSidebarPages leaves room for repetitions.
	maxSidebarPages = 100
)

func nullNotAllowed() *problem { return &problem{CodeNullNotAllowed, "Must not be null."} }

// text judges a text that clean reads and that cannot be null.
func text[T ~string](
	name string, opt func(*UserPatch) *Opt[string], member func(*User) *T, clean func(string) (string, *problem),
) func(*judgement) bool {
	return func(j *judgement) bool {
		if opt(&j.update.Patch).Null {
			j.note(name, nullNotAllowed())
			return true
		}
		return j.applyText(name, opt(&j.update.Patch).Value, func(s string) bool {
			same := T(s) == *member(j.after)
			*member(j.after) = T(s)
			return same
		}, clean)
	}
}

func (j *judgement) applyText(name, value string, apply func(string) (same bool), clean func(string) (string, *problem)) bool {
	cleaned, wrong := clean(value)
	if wrong != nil {
		j.note(name, wrong)
		return true
	}
	return !apply(cleaned)
}

// judgePhone judges the phone, which null and "" clear.
func (j *judgement) judgePhone() bool {
	return j.applyText("phone", j.update.Patch.Phone.Value, func(s string) bool {
		same := NullText(s) == j.after.Phone
		j.after.Phone = NullText(s)
		return same
	}, cleanPhone)
}

// flag judges a boolean, which cannot be null.
func flag(name string, opt func(*UserPatch) *Opt[bool], member func(*User) *bool) func(*judgement) bool {
	return func(j *judgement) bool {
		asked := opt(&j.update.Patch)
		if asked.Null {
			j.note(name, nullNotAllowed())
			return true
		}
		same := asked.Value == *member(j.after)
		*member(j.after) = asked.Value
		return !same
	}
}

func cleanName(s string) (string, *problem) { return cleanText(s, maxName) }

// cleanText trims a text of 1 to limit characters without control characters.
func cleanText(s string, limit int) (string, *problem) {
	s = strings.TrimSpace(s)
	if n := utf8.RuneCountInString(s); n < 1 || n > limit {
		return "", &problem{CodeInvalidLength, fmt.Sprintf("Must have 1 to %d characters.", limit)}
	}
	if strings.ContainsFunc(s, unicode.IsControl) {
		return "", &problem{CodeInvalidCharacters, "Must not hold control characters."}
	}
	return s, nil
}

func cleanPhone(s string) (string, *problem) {
	s = strings.Trim(s, " ")
	if utf8.RuneCountInString(s) > maxPhone {
		return "", &problem{CodeTooLong, fmt.Sprintf("Must have at most %d characters.", maxPhone)}
	}
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("+().-/# ", r) {
			return "", &problem{CodeInvalidPhone, "May hold letters, digits, spaces and + ( ) . - / # only."}
		}
	}
	return s, nil
}

// judgeKeywords judges the keywords, which null clears.
func (j *judgement) judgeKeywords() bool {
	given := j.update.Patch.Keywords.Value
	if len(given) > maxKeywords {
		j.note("keywords", tooManyItems(maxKeywords))
		return true
	}
	keywords, sound := make([]string, 0, len(given)), true
	for i, keyword := range given {
		path := fmt.Sprintf("keywords.%d", i)
		cleaned, wrong := cleanText(keyword, maxKeyword)
		if wrong != nil {
			j.note(path, wrong)
		}
		sound = sound && wrong == nil
		keywords = append(keywords, cleaned)
	}
	if keywords = unique(keywords); sound && slices.Equal(keywords, j.before.Keywords) {
		return false
	}
	j.after.Keywords = keywords
	return true
}

// judgeSidebarPages judges the pages. Null stands for all pages of the
// organisation. What a reader got is no change, though more may be stored: all
// pages, or pages that no plan of the organisation brings today.
func (j *judgement) judgeSidebarPages() bool {
	asked := &j.update.Patch.SidebarPages
	if asked.Null {
		j.after.SidebarPages = nil
		return j.before.SidebarPages != nil
	}
	if len(asked.Value) > maxSidebarPages {
		j.note("sidebar_pages", tooManyItems(maxSidebarPages))
		return true
	}
	pages := unique(asked.Value)
	shown := shownPages(j.before, j.facts.org(j.before.OrgID))
	if slices.Equal(pages, shown) || j.before.SidebarPages != nil && slices.Equal(pages, j.before.SidebarPages) {
		if j.after.OrgID != j.before.OrgID {
			j.after.SidebarPages = pages // what is shown there may be more than those named
		}
		return false
	}
	available := j.facts.org(j.after.OrgID).SidebarPages
	for i, page := range asked.Value {
		path := fmt.Sprintf("sidebar_pages.%d", i)
		switch {
		case !slices.Contains(SidebarPages(), page):
			j.note(path, notAChoice(SidebarPages()))
		case !slices.Contains(available, page):
			j.note(path, &problem{CodePageNotAvailable, "The organisation does not have this page."})
		}
	}
	j.after.SidebarPages = pages
	return true
}

func tooManyItems(limit int) *problem {
	return &problem{CodeTooManyItems, fmt.Sprintf("Must have at most %d items.", limit)}
}

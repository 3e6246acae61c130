package roundtable

import "slices"

// SidebarPages are the nine pages that a user's sidebar can show, in
// alphabetical order.
func SidebarPages() []string {
	return []string{
		"bulk_modification", "diffusion", "feedback_management", "messages", "posts",
		"presence_analytics", "review_analytics", "review_invite", "review_management",
	}
}

// features are the pages that the wire also names in available_features.
func features() []string {
	return []string{"diffusion", "feedback_management", "messages", "posts", "review_invite", "review_management"}
}

// shownPages returns the pages that u's sidebar shows: its own list, without what the
// organisation has no plan for, or all pages of the organisation where it has none.
func shownPages(u *User, org *Org) []string {
	if u.SidebarPages == nil {
		return org.SidebarPages
	}
	if containsAll(org.SidebarPages, u.SidebarPages) {
		return u.SidebarPages
	}
	return slices.DeleteFunc(slices.Clone(u.SidebarPages), func(page string) bool {
		return !slices.Contains(org.SidebarPages, page)
	})
}

// heldPages returns the pages that u holds and so may give. Plans make no difference:
// what they hide today they may bring back, to whoever holds it.
func heldPages(u *User) []string {
	if u.Role.holdsAllPages() || u.SidebarPages == nil {
		return SidebarPages()
	}
	return u.SidebarPages
}

// containsAll reports whether every element of part is in whole.
func containsAll[T comparable](whole, part []T) bool {
	for _, p := range part {
		if !slices.Contains(whole, p) {
			return false
		}
	}
	return true
}

// unique returns list without repetitions, first occurrences in their order.
func unique[T comparable](list []T) []T {
	seen := make(map[T]struct{}, len(list))
	kept := make([]T, 0, len(list))
	for _, v := range list {
		if _, again := seen[v]; !again {
			seen[v] = struct{}{}
			kept = append(kept, v)
		}
	}
	return kept
}

package roundtable

import "slices"

// Status says whether a user has accepted the invitation.
type Status string

// The statuses of a user.
const (
	Active  Status = "active"
	Invited Status = "invited"
)

// User is a person of the directory, as stored (db) and as on the wire (json),
// in the documented order of api-compatible clients. Members without a db tag
// are not stored in the row itself.
type User struct {
	ID                string     `json:"id" db:"id"`
	OrgID             int64      `json:"org_id" db:"org_id"`
	FirstName         string     `json:"first_name" db:"first_name"`
	LastName          string     `json:"last_name" db:"last_name"`
	Email             string     `json:"email" db:"email"` // as typed, trimmed
	EmailKey          string     `json:"-" db:"email_key"` // see EmailKey
	Lang              string     `json:"lang" db:"lang"`
	Phone             NullText   `json:"phone" db:"phone"`
	SidebarPages      []string   `json:"sidebar_pages" db:"sidebar_pages"` // nil: all pages of the organisation
	AvailableFeatures []string   `json:"available_features"`               // derived, see View
	BusinessIDs       []string   `json:"business_ids,omitzero"`            // of a BUSINESS_MANAGER; nil: not loaded
	GroupID           *int64     `json:"group_id"`                         // always null
	Accesses          [][]int64  `json:"accesses,omitzero"`                // of a GROUP_MANAGER; nil: not loaded
	Role              Role       `json:"role" db:"role"`
	CustomRole        *string    `json:"custom_role"` // always null
	ProviderLabel     string     `json:"provider"`    // derived, see View
	Status            Status     `json:"status" db:"status"`
	Disabled          bool       `json:"disabled" db:"disabled"`
	Keywords          []string   `json:"keywords" db:"keywords"`
	CreatedAt         UnixMicros `json:"created_at" db:"created_at"`
	ShadowUserID      *string    `json:"shadow_user_id"` // always null
	SSOOnly           bool       `json:"sso_only" db:"sso_only"`
	Reports           []string   `json:"reports"`     // always empty
	Permissions       *string    `json:"permissions"` // always null

	ReceiveReviewsEmailNotifications bool `json:"receive_reviews_email_notifications" db:"receive_reviews_email_notifications"`

	// Version counts the changes of the user, from 1. Each change is an event
	// that bears the version it produced.
	Version int64 `json:"-" db:"version"`

	// LastEventID is the event of the last change; nil: there was none.
	LastEventID *int64 `json:"-" db:"last_event_id"`
}

// UserPatch is what a request asks to change. A field that is not set leaves its
// value alone; null has the meaning that section 1 gives it.
type UserPatch struct {
	Email        Opt[string]    `json:"email"`
	FirstName    Opt[string]    `json:"first_name"`
	LastName     Opt[string]    `json:"last_name"`
	OrgID        Opt[int64]     `json:"org_id"`
	Accesses     Opt[[][]int64] `json:"accesses"`
	BusinessIDs  Opt[[]string]  `json:"business_ids"`
	Phone        Opt[string]    `json:"phone"`
	Role         Opt[string]    `json:"role"`
	SidebarPages Opt[[]string]  `json:"sidebar_pages"`
	Status       Opt[string]    `json:"status"`
	Disabled     Opt[bool]      `json:"disabled"`
	Password     Opt[string]    `json:"password"`
	Lang         Opt[string]    `json:"lang"`
	SSOOnly      Opt[bool]      `json:"sso_only"`
	Keywords     Opt[[]string]  `json:"keywords"`

	ReceiveReviewsEmailNotifications Opt[bool] `json:"receive_reviews_email_notifications"`
}

// IgnoredUserMembers are members of a body that are accepted whatever their type
// and named in Roundtable-Ignored: read-only, legacy or foreign ones, so that a
// client can post back what it got (section 1).
func IgnoredUserMembers() []string {
	return []string{
		"id", "provider", "available_features", "created_at", "shadow_user_id", "permissions", "reports",
		"preferences", "sidebar_products", "group_id", "review_management_weekly",
		"review_management_monthly", "custom_role", "send_invitation",
	}
}

// Opt is a value that may be absent, null or there.
type Opt[T any] struct {
	Set   bool
	Null  bool
	Value T
}

// Some is an Opt that holds value.
func Some[T any](value T) Opt[T] { return Opt[T]{Set: true, Value: value} }

// Null is an Opt that holds null.
func Null[T any]() Opt[T] { return Opt[T]{Set: true, Null: true} }

// differs reports whether a field is given another value than the present one, or null.
func differs[T comparable](field Opt[T], present T) bool {
	return field.Set && (field.Null || field.Value != present)
}

// isActiveAdmin reports whether u counts as an administrator of its organisation
// for the guard of the last one (section 1.4).
func (u *User) isActiveAdmin() bool {
	return u.Role == OrgAdmin && !u.Disabled && u.Status == Active
}

// View returns the user as a reader sees it, derived members filled in.
func (u *User) View(org *Org) *User {
	view := *u
	view.Show(org)
	return &view
}

// Show makes u the user as a reader sees it, of whom nobody else needs what is stored.
func (u *User) Show(org *Org) {
	u.SidebarPages = shownPages(u, org)
	u.AvailableFeatures = make([]string, 0, len(features()))
	for _, f := range features() {
		if slices.Contains(u.SidebarPages, f) {
			u.AvailableFeatures = append(u.AvailableFeatures, f)
		}
	}
	u.ProviderLabel = org.ProviderLabel
	u.Reports = []string{}
}

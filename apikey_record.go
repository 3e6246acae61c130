package roundtable

import "time"

// KeyKind says what a key is for.
type KeyKind string

// The kinds of API keys. A bot key acts for its owner like any other; it is that of
// an integration, so administrators see it too.
const (
	UserKey KeyKind = "user"
	BotKey  KeyKind = "bot"
)

// APIKeyRecord is an API key as it is stored, without its secret.
type APIKeyRecord struct {
	APIKey
	Kind        KeyKind `db:"kind"`
	BotOrgID    *int64  `db:"bot_org_id"` // of a bot key: the organisation that it was made in
	Label       string  `db:"label"`
	LabelKey    string  `db:"label_key"` // Fold of Label
	Description string  `db:"description"`
	LastUsedAt  *int64  `db:"last_used_at"` // Unix microseconds
	CreatedAt   int64   `db:"created_at"`   // Unix microseconds
	CreatedBy   *string `db:"created_by"`   // a user id; nil: on the server
	RevokedBy   *string `db:"revoked_by"`   // a user id; nil: on the server
}

// APIKeyPatch is what a request says of a key. A field that is not set leaves its
// value alone.
type APIKeyPatch struct {
	Label                    Opt[string]   `json:"label"`
	Description              Opt[string]   `json:"description"`
	ExpirationDate           Opt[string]   `json:"expiration_date"`
	IPWhitelist              Opt[[]string] `json:"ip_whitelist"`
	HasRestrictedPermissions Opt[bool]     `json:"has_restricted_permissions"`
	Permissions              Opt[[]string] `json:"permissions"`
}

// IgnoredAPIKeyMembers are the read-only members of a key, which an update accepts
// whatever their type and names in Roundtable-Ignored, so that a client can post back
// what it got.
func IgnoredAPIKeyMembers() []string {
	return []string{
		"id", "user_id", "user_name", "user_role", "user_type", "disabled", "last_used_at", "created_by", "created_by_name",
		"created_at", "revoked_by", "revoked_by_name", "revoked_at", "previous_secret_expires_at",
	}
}

// APIKeyView is an API key as on the wire, in the documented order.
type APIKeyView struct {
	ID                       int64    `json:"id"`
	Label                    string   `json:"label"`
	Description              string   `json:"description"`
	UserID                   string   `json:"user_id"`
	UserName                 *string  `json:"user_name"` // null for a bot key
	UserRole                 Role     `json:"user_role"`
	UserType                 KeyKind  `json:"user_type"`
	Disabled                 bool     `json:"disabled"` // revoked
	ExpirationDate           *string  `json:"expiration_date"`
	LastUsedAt               *string  `json:"last_used_at"`
	CreatedBy                *string  `json:"created_by"`
	CreatedByName            *string  `json:"created_by_name"`
	CreatedAt                string   `json:"created_at"`
	RevokedBy                *string  `json:"revoked_by"`
	RevokedByName            *string  `json:"revoked_by_name"`
	RevokedAt                *string  `json:"revoked_at"`
	IPWhitelist              []string `json:"ip_whitelist"`
	HasRestrictedPermissions bool     `json:"has_restricted_permissions"`
	Permissions              []string `json:"permissions"`
	PreviousSecretExpiresAt  *string  `json:"previous_secret_expires_at"` // null unless it is still good
}

// View returns the key as a reader sees it: the permissions that count, or with all
// those that are listed. Of the people named, those outside of the reader's READ
// scope are not in readable and null on the wire.
func (r *APIKeyRecord) View(owner *User, readable map[string]*User, all bool, now time.Time) *APIKeyView {
	v := &APIKeyView{
		ID: r.ID, Label: r.Label, Description: r.Description, UserID: r.UserID, UserRole: owner.Role, UserType: r.Kind,
		Disabled: r.RevokedAt != nil, ExpirationDate: r.ExpirationDate, LastUsedAt: instant(r.LastUsedAt), CreatedAt: *instant(&r.CreatedAt),
		RevokedAt: instant(r.RevokedAt), IPWhitelist: append([]string{}, r.IPWhitelist...),
		HasRestrictedPermissions: r.HasRestrictedPermissions, Permissions: append([]string{}, r.Permissions...),
	}
	if r.Kind == UserKey {
		v.UserName = owner.fullName()
	}
	if !all {
		v.Permissions = heldPermissions(owner.Role, r.Permissions)
	}
	v.CreatedBy, v.CreatedByName = named(r.CreatedBy, readable)
	v.RevokedBy, v.RevokedByName = named(r.RevokedBy, readable)
	if previous := r.PreviousExpiresAt; previous != nil && *previous > now.UnixMicro() {
		v.PreviousSecretExpiresAt = instant(previous)
	}
	return v
}

func named(id *string, readable map[string]*User) (known, name *string) {
	if id == nil || readable[*id] == nil {
		return nil, nil
	}
	return id, readable[*id].fullName()
}

func (u *User) fullName() *string {
	name := u.FirstName + " " + u.LastName
	return &name
}

// instant writes Unix microseconds as the dates of keys are written.
func instant(micros *int64) *string {
	if micros == nil {
		return nil
	}
	text := time.UnixMicro(*micros).UTC().Format("2006-01-02 15:04:05.999999+00")
	return &text
}

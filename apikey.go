package roundtable

import (
	"net/netip"
	"slices"
	"time"
)

// APIKey is an API key without its secret.
type APIKey struct {
	ID                       int64    `db:"id"`
	UserID                   string   `db:"user_id"`
	Demo                     bool     `db:"demo"`            // fixed key of the demo company: works on loopback only
	ExpirationDate           *string  `db:"expiration_date"` // YYYY-MM-DD in UTC: the first day on which it refuses
	IPWhitelist              []string `db:"ip_whitelist"`    // addresses and CIDR ranges; none: no restriction
	HasRestrictedPermissions bool     `db:"has_restricted_permissions"`
	Permissions              []string `db:"permissions"`         // with restricted permissions: all that it may do
	RevokedAt                *int64   `db:"revoked_at"`          // Unix microseconds
	PreviousExpiresAt        *int64   `db:"previous_expires_at"` // after a rotation: when the secret before ends, Unix microseconds
}

// may reports whether the key itself allows permission; what its owner may do
// is another question.
func (k *APIKey) may(permission string) bool {
	return !k.HasRestrictedPermissions || slices.Contains(k.Permissions, permission)
}

// limited reports whether the key is narrower than its owner, so that it must
// not become that owner (section 1.4).
func (k *APIKey) limited() bool {
	return k.HasRestrictedPermissions || len(k.IPWhitelist) > 0 || k.ExpirationDate != nil
}

// Refusal says why a key does not authenticate. Callers see none of it but a
// 401; the log does.
type Refusal string

// The reasons for a 401 (section 1.2).
const (
	Accepted        Refusal = ""
	KeyMissing      Refusal = "no key"
	KeyUnknown      Refusal = "unknown key"
	KeyRevoked      Refusal = "revoked key"
	KeyExpired      Refusal = "expired key"
	SecretReplaced  Refusal = "secret replaced by a rotation"
	KeyDemo         Refusal = "demo key, and the server listens beyond loopback"
	OwnerDisabled   Refusal = "owner disabled"
	OwnerInvited    Refusal = "owner invited"
	AddressRejected Refusal = "address not on the key's list"

	SessionUnknown Refusal = "unknown session"
	SessionExpired Refusal = "expired session"
	UserUnknown    Refusal = "unknown user"
	PasswordWrong  Refusal = "wrong password"
	PasswordDemo   Refusal = "demo password, and the server listens beyond loopback"
	OwnerSSOOnly   Refusal = "user signs in through single sign-on only"
	OwnerProvider  Refusal = "connection token of a PROVIDER"
	TokenUnknown   Refusal = "unknown token"
	TokenSpent     Refusal = "token used, voided or expired"
)

// Origin is where and when a request came in.
type Origin struct {
	Now      time.Time
	Address  netip.Addr // of the caller, trusted proxies taken away
	Loopback bool       // the server listens on loopback addresses only
}

// Refuse judges whether the key authenticates its owner for a request from
// where it came (section 4).
func (k *APIKey) Refuse(owner *User, from Origin) Refusal {
	switch {
	case k == nil || owner == nil:
		return KeyUnknown
	case k.RevokedAt != nil:
		return KeyRevoked
	case k.expired(from.Now):
		return KeyExpired
	case k.Demo && !from.Loopback:
		return KeyDemo
	case owner.Disabled:
		return OwnerDisabled
	case owner.Status != Active:
		return OwnerInvited
	case !k.admits(from.Address):
		return AddressRejected
	}
	return Accepted
}

func (k *APIKey) expired(now time.Time) bool {
	return k.ExpirationDate != nil && now.UTC().Format(time.DateOnly) >= *k.ExpirationDate
}

// RefusePrevious judges whether the secret that the last rotation replaced is still
// good: until PreviousExpiresAt, and as long as the key itself.
func (k *APIKey) RefusePrevious(owner *User, from Origin) Refusal {
	refusal := k.Refuse(owner, from)
	if refusal == Accepted && (k.PreviousExpiresAt == nil || from.Now.UnixMicro() >= *k.PreviousExpiresAt) {
		return SecretReplaced
	}
	return refusal
}

func (k *APIKey) admits(address netip.Addr) bool {
	if len(k.IPWhitelist) == 0 {
		return true
	}
	address = address.Unmap()
	for _, rule := range k.IPWhitelist {
		if prefix, err := ParseAddressRule(rule); err == nil && prefix.Contains(address) {
			return true
		}
	}
	return false
}

// mappedBits are the bits before an IPv4 address that is written as an IPv6 one.
const mappedBits = 96

// ParseAddressRule reads an IP address or a CIDR range of either family.
func ParseAddressRule(rule string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(rule); err == nil {
		address = address.Unmap()
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(rule)
	if err == nil && prefix.Addr().Is4In6() && prefix.Bits() >= mappedBits {
		prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-mappedBits)
	}
	return prefix, err
}

package roundtable

import (
	"fmt"
	"strings"
	"time"
)

// Code names a kind of error. Codes are stable; all of them are listed in
// api/openapi.yaml.
type Code string

// Codes of errors that answer a whole request.
const (
	CodeInvalid          Code = "invalid" // 400; its fields have codes of their own
	CodeUnauthenticated  Code = "unauthenticated"
	CodeForbidden        Code = "operation_not_allowed"
	CodeNotFound         Code = "not_found"
	CodeMethodNotAllowed Code = "method_not_allowed"
	CodeVersionConflict  Code = "version_conflict"
	CodeBodyTooLarge     Code = "body_too_large"
	CodeMediaType        Code = "unsupported_media_type"
	CodeRateLimited      Code = "rate_limited"
	CodeInternal         Code = "internal"

	CodeIdempotencyMismatch Code = "idempotency_mismatch"
	CodeAlreadyCreated      Code = "already_created"
	CodeOverloaded          Code = "overloaded"
	CodeUnavailable         Code = "unavailable"
)

// Codes of single fields: form.
const (
	CodeInvalidJSON       Code = "invalid_json"
	CodeInvalidUTF8       Code = "invalid_utf8"
	CodeUnknownField      Code = "unknown_field"
	CodeDuplicateField    Code = "duplicate_field"
	CodeWrongType         Code = "wrong_type"
	CodeNullNotAllowed    Code = "null_not_allowed"
	CodeInvalidCharacters Code = "invalid_characters"
	CodeTooDeep           Code = "too_deep"
	CodeUnknownParameter  Code = "unknown_parameter"
	CodeInvalidParameter  Code = "invalid_parameter"
)

// Codes of single fields: values, references and use.
const (
	CodeRequired          Code = "required"
	CodeInvalidEmail      Code = "invalid_email"
	CodeInvalidLength     Code = "invalid_length"
	CodeTooLong           Code = "too_long"
	CodeTooManyItems      Code = "too_many_items"
	CodeInvalidPhone      Code = "invalid_phone"
	CodeInvalidChoice     Code = "invalid_choice"
	CodeInvalidCountry    Code = "invalid_country"
	CodeWeakPassword      Code = "weak_password"
	CodeCommonPassword    Code = "common_password" // on pages
	CodeWrongPassword     Code = "wrong_password"  // on pages
	CodeTokenNotValid     Code = "token_not_valid"
	CodeEmptyAccessSet    Code = "empty_access_set"
	CodePageNotAvailable  Code = "page_not_available"
	CodeUnknownOrg        Code = "unknown_org"
	CodeUnknownGroup      Code = "unknown_group"
	CodeUnknownBusiness   Code = "unknown_business"
	CodeEmailTaken        Code = "email_taken"
	CodeCodeTaken         Code = "code_taken"
	CodeMaxBusinesses     Code = "max_businesses_reached"
	CodePasswordNotUsable Code = "password_not_usable"
	CodeSSONotConfigured  Code = "sso_not_configured"
	CodeInvalidDate       Code = "invalid_date"
	CodeInvalidAddress    Code = "invalid_address"
	CodeKeyExpired        Code = "key_expired"
	CodeKeyRevoked        Code = "key_revoked"
	CodeDuplicateItem     Code = "duplicate_item"
	CodeOutOfRange        Code = "out_of_range"
	CodeOrgNotEmpty       Code = "org_not_empty"
	CodeNameTaken         Code = "name_taken"
	CodeLimitReached      Code = "limit_reached"
	CodeNoSubgroups       Code = "no_subgroups"
)

// Codes of single sign-on configurations.
const (
	CodeInvalidMetadata    Code = "invalid_metadata"
	CodeInvalidCertificate Code = "invalid_certificate"
	CodeNoSecretKey        Code = "no_secret_key"
	CodeSSONotTested       Code = "sso_not_tested"
	CodeSSOInUse           Code = "sso_in_use"
)

// Codes of what is wrong with a user for an operation on it.
const (
	CodeUserActive   Code = "user_active"
	CodeUserDisabled Code = "user_disabled"
	CodeUserSSOOnly  Code = "user_sso_only"
	CodeUserInvited  Code = "user_invited"
)

// Codes of reverting an event of the history.
const (
	CodeNotRevertible Code = "not_revertible" // 400: what the event tells cannot be undone by a change of fields
	CodeValueHidden   Code = "value_hidden"   // 400: the caller may not read what was there before
	CodeChangedSince  Code = "changed_since"  // 409
)

// Codes of single fields: refusals.
const (
	CodeEditNotAllowed Code = "edit_not_allowed"
	CodeKeyCeiling     Code = "key_ceiling"
	CodeLastOrgAdmin   Code = "last_org_admin"
	CodeOrgOfProvider  Code = "org_of_provider"
)

// BodyField stands for the body as a whole where an error names a field.
const BodyField = "_schema"

// Error is why a request was refused. A refusal has changed nothing.
type Error struct {
	Code       Code
	Fields     []FieldError  // the fields at fault; none if the request as a whole is
	Message    string        // for people; empty: the standard text of the code
	RetryAfter time.Duration // when to try again, for rate_limited, overloaded, unavailable
}

// FieldError is what is wrong with one field.
type FieldError struct {
	Field   string // path with dots: "accesses.0.1"
	Code    Code
	Message string // for people
	Changed *LastChange
	ID      string // of what an error is about, where that is not the field itself
}

// LastChange says who changed a field since the version that a client knew, and
// when. ChangedBy is nil where the reader may not READ that person.
type LastChange struct {
	At time.Time
	By *string
}

// Error tells code and fields, for logs and tests.
func (e *Error) Error() string {
	parts := make([]string, 0, len(e.Fields))
	for _, f := range e.Fields {
		parts = append(parts, fmt.Sprintf("%s: %s", f.Field, f.Code))
	}
	return strings.TrimSuffix(fmt.Sprintf("%s (%s)", e.Code, strings.Join(parts, ", ")), " ()")
}

// Invalid is a 400 about fields.
func Invalid(fields ...FieldError) *Error { return &Error{Code: CodeInvalid, Fields: fields} }

// problem is what is wrong with a value, whatever field it stands in.
type problem struct {
	code    Code
	message string
}

func (p *problem) in(field string) FieldError {
	return FieldError{Field: field, Code: p.code, Message: p.message}
}

func notAChoice[T ~string](choices []T) *problem {
	names := make([]string, len(choices))
	for i, c := range choices {
		names[i] = string(c)
	}
	return &problem{CodeInvalidChoice, "Must be one of: " + strings.Join(names, ", ") + "."}
}

package roundtable

import (
	"bytes"
	"encoding/json"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// BusinessProfile is a business with all its fields.
type BusinessProfile struct {
	Business
	Fields     BusinessFields
	CreatedAt  UnixMicros
	ModifiedAt UnixMicros

	// Version counts the changes of the business itself, from 1. What groups it carries
	// changes without it.
	Version int64
}

// BusinessFields are the values of a business by the names of businessFields, in JSON
// without white space. What is absent is null.
type BusinessFields map[string]json.RawMessage

// Text returns a field that holds a text; empty: it is absent.
func (f BusinessFields) Text(name string) string {
	var text string
	if raw := f[name]; raw != nil && json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}

// SetText sets a field to a text.
func (f BusinessFields) SetText(name, text string) {
	raw, _ := json.Marshal(text) // a text always has a form
	f[name] = raw
}

// Stored returns what has no column of its own, as it is stored.
func (f BusinessFields) Stored() ([]byte, error) {
	rest := make(BusinessFields, len(f))
	for name, raw := range f {
		if !slices.Contains(businessColumns(), name) {
			rest[name] = raw
		}
	}
	return json.Marshal(rest)
}

// businessColumns are the fields with a column of their own: what is searched or
// ruled by. All of them hold texts.
func businessColumns() []string {
	return []string{"code", "name", "city", "zipcode", "country", "status", "reach"}
}

// The statuses of a business. A temporary closing has two spellings, each of which is
// returned as it was given.
const (
	BusinessOpen              = "open"
	BusinessClosed            = "closed"
	BusinessOpeningSoon       = "opening_soon"
	BusinessClosedTemporarily = "closed_temporarily"
	BusinessTemporarilyClosed = "temporarily_closed"
)

// BusinessStatuses are the statuses that a business can have.
func BusinessStatuses() []string {
	return []string{BusinessOpen, BusinessClosed, BusinessOpeningSoon, BusinessClosedTemporarily, BusinessTemporarilyClosed}
}

// A business is a shop, or stands for a brand, which counts towards no limit.
const (
	LocalBusiness = "LOCAL"
	BrandBusiness = "BRAND"
)

// Tag is the strong entity tag of a business: its version, that of its organisation,
// of whose plans a reader sees something, and its groups.
func (p *BusinessProfile) Tag(org *Org) string {
	hash := fnv.New64a()
	for _, group := range p.GroupIDs {
		hash.Write(strconv.AppendInt(nil, group, 10))
		hash.Write([]byte{','})
	}
	return `"` + strconv.FormatInt(p.Version, 10) + "." + strconv.FormatInt(org.Version, 10) + "-" + strconv.FormatUint(hash.Sum64(), 16) + `"`
}

// TagCondition is an If-Match header over tags that are compared as they stand.
type TagCondition struct {
	Given bool
	Any   bool
	Tags  []string
}

func (c TagCondition) holds(tag string) bool {
	return !c.Given || c.Any || slices.Contains(c.Tags, tag)
}

// Words are the folded words that a search finds the business by, each behind a
// space.
func (p *BusinessProfile) Words() string {
	var b strings.Builder
	for _, name := range []string{"name", "city", "zipcode"} {
		for _, word := range QueryWords(p.Fields.Text(name)) {
			b.WriteString(" " + word)
		}
	}
	return b.String()
}

// QueryWords are the words of a text, folded: letters and digits alone.
func QueryWords(text string) []string {
	return strings.FieldsFunc(Fold(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// BusinessView is a business as a reader sees it.
type BusinessView struct {
	Profile *BusinessProfile
	Org     *Org
	Day     string // YYYY-MM-DD: plans are those of this day
	Brief   bool   // without categories and custom fields
}

// MarshalJSON writes every member of the business, in the documented order.
func (v BusinessView) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	for i := range businessFields {
		field := &businessFields[i]
		if v.Brief && field.full {
			continue
		}
		raw := v.Profile.Fields[field.name]
		switch {
		case field.derived != nil:
			derived, err := json.Marshal(field.derived(v))
			if err != nil {
				return nil, err
			}
			raw = derived
		case raw == nil && field.list:
			raw = []byte("[]")
		case raw == nil:
			raw = []byte("null")
		}
		b.WriteString(`,"` + field.name + `":`)
		b.Write(raw)
	}
	text := append(b.Bytes(), '}')
	text[0] = '{'
	return text, nil
}

// Subscriptions are the plans of a business on a day: those of its organisation, of
// which presence management is switched on for each business by itself.
func (b Business) Subscriptions(org *Org, day string) []string {
	names := []string{}
	for _, plan := range PlanNames() {
		if plan == presenceManagement && b.PresenceManagement || plan != presenceManagement && org.RunsPlan(plan, day) {
			names = append(names, plan)
		}
	}
	return names
}

// presenceManagement is the plan that publishes a business, and that lets a PUBLISHER
// read it.
const presenceManagement = "presence_management"

// RunsPlan reports whether the organisation has a plan on a day, YYYY-MM-DD.
func (o *Org) RunsPlan(name, day string) bool {
	return slices.ContainsFunc(o.Plans, func(p Plan) bool { return p.Name == name && p.RunsOn(day) })
}

// fractionalSeconds is an instant in Unix seconds that always shows a fraction.
type fractionalSeconds UnixMicros

// MarshalJSON writes as many decimals as there are, at least one.
func (m fractionalSeconds) MarshalJSON() ([]byte, error) {
	text := strconv.AppendFloat(nil, float64(m)/1e6, 'f', -1, 64)
	if !bytes.ContainsRune(text, '.') {
		text = append(text, '.', '0')
	}
	return text, nil
}

package roundtable

// businessField is a member of a business, in the documented order.
type businessField struct {
	name string

	// read takes a value that a request sends; nil: the member is read-only, or is
	// judged apart from the others.
	read func(*businessReader, string, any) any

	required bool // a new business must name it
	lasting  bool // it cannot be cleared
	list     bool // absent, it is shown as an empty list
	full     bool // left out of a brief view

	// derived is the value of a member that is not among the business's fields.
	derived func(BusinessView) any
}

// Limits of single values. All of them together have a limit of their own.
const (
	maxBusinessName   = 255
	maxBusinessCode   = 100
	maxBusinessText   = 500
	maxBusinessProse  = 5_000
	maxURL            = 2_048
	maxZipcode        = 20
	maxBusinessTags   = 100 // categories, keywords
	maxContacts       = 20
	maxBusinessGroups = 100

	// MaxBusinessData is what the fields without a column may take, in bytes.
	MaxBusinessData = 64 << 10

	// maxBusinessDepth is how deep a free value may be nested.
	maxBusinessDepth = 10
)

// businessFields are the members of a business.
var businessFields = []businessField{
	{name: "id", derived: func(v BusinessView) any { return v.Profile.ID }},
	{name: "created", derived: func(v BusinessView) any { return fractionalSeconds(v.Profile.CreatedAt) }},
	{name: "modified", derived: func(v BusinessView) any { return fractionalSeconds(v.Profile.ModifiedAt) }},
	{name: "code", read: label(maxBusinessCode), lasting: true},
	{name: "status", read: oneOf(BusinessStatuses), lasting: true},
	{name: "opening_date", read: (*businessReader).date},
	{name: "org_id", derived: func(v BusinessView) any { return v.Profile.OrgID }},
	{name: "groups", derived: func(v BusinessView) any { return append([]int64{}, v.Profile.GroupIDs...) }},
	{name: "group_id", derived: func(BusinessView) any { return nil }},
	{name: "name", read: line(maxBusinessName), required: true, lasting: true},
	{name: "reach", read: oneOf(businessReaches), lasting: true},
	{name: "address", derived: func(v BusinessView) any { return nullIfEmpty(v.Profile.Fields.Text("address_full")) }},
	{name: "address_full", read: line(maxBusinessText)},
	{name: "address2", read: line(maxBusinessText)},
	{name: "address_details", read: (*businessReader).structure},
	{name: "city", read: line(maxBusinessName), required: true, lasting: true},
	{name: "zipcode", read: label(maxZipcode), required: true, lasting: true},
	{name: "region", read: line(maxBusinessName)},
	{name: "country", read: (*businessReader).country, required: true, lasting: true},
	{name: "default_lang", read: line(maxZipcode)},
	{name: "categories", read: labels(maxBusinessTags, maxBusinessCode), required: true, list: true, full: true},
	{name: "keywords", read: labels(maxBusinessTags, maxBusinessCode), list: true},
	{name: "contacts", read: (*businessReader).contacts, list: true},
	{name: "description_short", read: prose(maxBusinessProse)},
	{name: "description_long", read: prose(maxBusinessProse)},
	{name: "website_url", read: line(maxURL)},
	{name: "facebook_url", read: line(maxURL)},
	{name: "twitter_url", read: line(maxURL)},
	{name: "instagram_url", read: line(maxURL)},
	{name: "open_hours", read: (*businessReader).structure},
	{name: "specific_hours", read: (*businessReader).structure},
	{name: "photos", read: (*businessReader).structure},
	{name: "attributes", read: (*businessReader).structure},
	{name: "services", read: (*businessReader).structure},
	{name: "lat", read: number(-90, 90)},
	{name: "long", read: number(-180, 180)},
	{name: "subscriptions", derived: func(v BusinessView) any { return v.Profile.Subscriptions(v.Org, v.Day) }},
	{name: "features", derived: func(v BusinessView) any { return v.Profile.Subscriptions(v.Org, v.Day) }},
	{name: "completion_rate", derived: func(BusinessView) any { return nil }},
	{name: "custom_fields", read: (*businessReader).structure, full: true},
}

func businessReaches() []string { return []string{LocalBusiness, BrandBusiness} }

// BusinessMembers are the members of a business that a request may set, but for
// org_id and groups.
func BusinessMembers() []string {
	var names []string
	for i := range businessFields {
		if businessFields[i].read != nil {
			names = append(names, businessFields[i].name)
		}
	}
	return names
}

// IgnoredBusinessMembers are members of a body that are accepted whatever their type,
// and named: a client can post back what it got.
func IgnoredBusinessMembers() []string {
	return []string{"id", "created", "modified", "group_id", "address", "subscriptions", "features", "completion_rate"}
}

// Package roundtable is the vocabulary and the law of a user directory for
// companies with many locations. It holds types, limits, rules and permission
// as pure functions, and knows neither SQL nor HTTP nor configuration.
//
// # Glossary
//
//   - A provider (a reseller, say) serves organisations.
//   - An organisation ("org" on the wire) has businesses, its shops, and users.
//   - A section is a container of groups, such as "Country"; a group is a label
//     inside a section, such as "France". A business may carry many groups.
//   - A user holds a role: over the organisation, over access sets of groups
//     (GROUP_MANAGER) or over single businesses (BUSINESS_MANAGER).
//   - An access set is a list of groups: groups of one section widen it, groups
//     of different sections narrow it. A user's reach is the union of its sets.
//   - An API key acts with the rights of its owner. Caller, or actor, is the key
//     together with its owner.
//   - The target is the user that a request reads or changes.
//   - READ scope: what a caller may see. To administer: to stand above a target
//     in the grant ceiling.
//   - A change is the difference that an accepted update made; an effect is what
//     followed from it (sessions ended, keys revoked); an event is the stored
//     record of both. A preview tells both without making them.
//
// The rules come from the contract, which the file api/openapi.yaml repeats;
// section numbers in comments are those of the contract.
package roundtable

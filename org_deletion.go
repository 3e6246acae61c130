package roundtable

// OrgDeletion is the deletion of an organisation as a request asks for it.
type OrgDeletion struct {
	Force   bool
	Form    []FieldError // what is wrong with the form of the request
	IfMatch Precondition

	Empty        bool // it has neither users nor businesses
	HasProviders bool // one of its users is a PROVIDER
}

// DeleteOrg judges a deletion (section 3). An organisation with users or businesses
// goes by force only. One that a PROVIDER belongs to stays, the caller's own with it:
// PROVIDER users are made and unmade on the server.
func DeleteOrg(actor Actor, org *Org, deletion *OrgDeletion, facts *Facts) error {
	if refusal := org.editableBy(actor, facts, Provider); refusal != nil {
		return formOr(deletion.Form, refusal)
	}
	if deletion.HasProviders {
		refused := FieldError{Field: "org_id", Code: CodeOrgOfProvider, Message: refusalText(CodeOrgOfProvider)}
		return formOr(deletion.Form, &Error{Code: CodeForbidden, Fields: []FieldError{refused}})
	}
	faults := newFaults(deletion.Form)
	if !deletion.Empty && !deletion.Force {
		faults.note("force", &problem{CodeOrgNotEmpty, "The organisation has users or businesses. With force they are deleted, too."})
	}
	switch {
	case len(faults.wrong) > 0:
		return Invalid(faults.wrong...)
	case !deletion.IfMatch.holds(State{Org: org.Version}):
		return &Error{Code: CodeVersionConflict}
	}
	return nil
}

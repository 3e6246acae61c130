package directory

import (
	"encoding/json"
	"time"

	"github.com/roundtable-directory/roundtable"
)

// tellContact queues the mail to the contact of a configuration, unless that is one of the
// administrators, who are told anyway. As every mail it is in the name of a user: of an
// administrator, or of whom there is.
func (o *operation) tellContact(s *roundtable.SSO, about ssoExpiry, admins string, owner int64) error {
	key, ok := roundtable.EmailKey(s.Settings.ContactEmail)
	if !ok {
		return nil
	}
	var told bool
	_, err := o.tx.One("SELECT EXISTS (SELECT id FROM users WHERE email_key = $2 AND id IN ("+admins+") AND NOT disabled AND status = 'active')",
		[]any{owner, key}, &told)
	if err != nil || told {
		return err
	}
	everybody := "SELECT id FROM users WHERE org_id = $1"
	if s.OrgID == 0 {
		everybody = admins
	}
	var name string
	found, err := o.tx.One("SELECT id FROM users WHERE id IN ("+everybody+")"+
		" ORDER BY CASE WHEN id IN ("+admins+") AND NOT disabled AND status = 'active' THEN 0 ELSE 1 END, id LIMIT 1", []any{owner}, &name)
	if err != nil || !found {
		return err
	}
	about.Contact, about.Configuration = s.Settings.ContactEmail, s.ID
	return o.queueMail(o.tx, name, string(roundtable.MailSSOExpiry), about)
}

// contactLang is the language of mails to somebody of whom nothing but an address is known.
const contactLang = "en"

// contact is to whom a mail goes instead of its reader; empty: to its reader.
func (m *mailRow) contact() (about ssoExpiry) {
	if m.kind != roundtable.MailSSOExpiry || json.Unmarshal([]byte(m.about), &about) != nil {
		return ssoExpiry{}
	}
	return about
}

// fitContacts says of mails to contacts whether they still are to be sent.
func (o *operation) fitContacts(due []mailRow) (map[int64]bool, error) {
	fit := make(map[int64]bool)
	for _, m := range due {
		about := m.contact()
		if about.Contact == "" {
			continue
		}
		s, err := ssoWhere(o.tx, "id = $1", about.Configuration)
		if err != nil {
			return nil, err
		}
		fit[m.id] = s != nil && s.TellsContact(about.Contact, time.Unix(about.ExpiresAt, 0))
	}
	return fit, nil
}

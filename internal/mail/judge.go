package mail

import (
	"errors"

	gomail "github.com/wneessen/go-mail"

	"github.com/roundtable-directory/roundtable/internal/directory"
)

// Replies by which a server says more about itself, or about us, than about the mail.
const (
	leaving      = 421
	wantsAuth    = 530
	wantsTLS     = 538
	refusesLogin = 535
)

// judge says what an error of sending a message comes to.
func judge(message *gomail.Msg, err error) delivery {
	if err == nil || message.IsDelivered() { // and if only what followed failed
		return delivery{MailResult: directory.MailResult{Sent: true}, broken: err != nil}
	}
	d := delivery{MailResult: directory.MailResult{Error: line(err.Error())}}
	failed, told := errors.AsType[*gomail.SendError](err)
	if !told {
		d.broken, d.Unsure = true, true
		return d
	}
	code := failed.ErrorCode()
	switch failed.Reason {
	case gomail.ErrGetSender, gomail.ErrGetRcpts, gomail.ErrNoUnencoded:
		d.Permanent = true
	case gomail.ErrConnCheck:
		d.broken, d.unseen = true, true
	case gomail.ErrSMTPMailFrom:
		// Who refuses the sender refuses every mail: that is for the operator to mend.
		d.broken, d.unseen = code == 0 || code == leaving, code == 0 || code == leaving
	default:
		d.broken = code == 0 || code == leaving
		d.Unsure = code == 0 && failed.Reason == gomail.ErrSMTPDataClose
		d.Permanent = code >= 500 && code != wantsAuth && code != wantsTLS && code != refusesLogin
	}
	return d
}

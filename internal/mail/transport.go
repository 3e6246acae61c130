package mail

import (
	"context"

	gomail "github.com/wneessen/go-mail"

	"github.com/roundtable-directory/roundtable/internal/directory"
)

// Transport is a way for mails to leave: Server or Folder.
type Transport interface {
	// open connects for a batch of mails.
	open(ctx context.Context) (connection, error)
}

// connection takes the mails of a batch, one after the other.
type connection interface {
	// send returns within sendTimeout. broken says that the connection takes no further
	// mail; begun, that it had come far enough for this one to count as tried.
	send(m *directory.Mail, message *gomail.Msg) delivery
	close()
}

// delivery is how handing over one mail ended.
type delivery struct {
	directory.MailResult
	broken bool // the connection takes no further mail
	unseen bool // the server was not asked: the mail does not count as tried
}

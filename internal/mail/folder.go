package mail

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	gomail "github.com/wneessen/go-mail"

	"github.com/roundtable-directory/roundtable/internal/directory"
)

// Folder keeps mails as files, for an installation without an SMTP server. They hold
// links that let people in, so nobody else may read them.
type Folder struct {
	Path string
	Log  *slog.Logger
}

func (f Folder) open(context.Context) (connection, error) {
	return f, os.MkdirAll(f.Path, 0o700)
}

func (f Folder) send(m *directory.Mail, message *gomail.Msg) delivery {
	name := filepath.Join(f.Path, fmt.Sprintf("%d-%s.eml", m.ID, m.Kind))
	if err := writeMessage(name, message); err != nil {
		return delivery{MailResult: directory.MailResult{Error: err.Error()}, broken: true, unseen: true}
	}
	f.Log.Info("mail kept in a file", "kind", m.Kind, "to", m.Address, "file", name)
	return delivery{MailResult: directory.MailResult{Sent: true}}
}

func (Folder) close() {}

// writeMessage writes a file that is whole or not there.
func writeMessage(name string, message *gomail.Msg) error {
	var text bytes.Buffer
	if _, err := message.WriteTo(&text); err != nil {
		return err
	}
	if err := os.WriteFile(name+".partial", text.Bytes(), 0o600); err != nil {
		return err
	}
	return os.Rename(name+".partial", name)
}

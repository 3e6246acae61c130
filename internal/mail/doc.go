// Package mail owns what mails look like and how they leave: the letter that is made of a
// queued mail in its reader's language, the way to an SMTP server or into a folder, and
// the worker between the outbox and that. Who is mailed, and whether still, it must not
// know: internal/directory says so.
package mail

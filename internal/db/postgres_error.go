package db

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// postgresError turns an error of the client into one of this package, and tells
// whether the connection can still be used. One that reads refuses every change.
func postgresError(err error, reads bool) (alive bool, _ error) {
	refusal, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		if isOfNetwork(err) {
			return false, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		return false, err
	}
	if reads && refusal.Code == "25006" {
		return true, &Error{Code: refusal.Code, Message: refusal.Message, kind: ErrReadOnly}
	}
	kind := stateKind(refusal.Code)
	outdated := isOutdated(refusal)
	if outdated {
		kind = ErrConflict
	}
	message := refusal.Message
	if refusal.ConstraintName != "" {
		message += ", constraint " + refusal.ConstraintName
	}
	alive = refusal.SeverityUnlocalized != "FATAL" && !isOfServer(refusal.Code) && !outdated
	return alive, &Error{Code: refusal.Code, Message: message, kind: kind}
}

// connectError is why there is no connection. Its text names hosts and no password.
func connectError(err error) error {
	refusal, ok := errors.AsType[*pgconn.PgError](err)
	if ok && slices.ContainsFunc([]string{"22", "28", "3D", "42"}, func(class string) bool { return strings.HasPrefix(refusal.Code, class) }) {
		return fmt.Errorf("%w: %w: %w", ErrUnavailable, ErrDenied, err)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

func isOfNetwork(err error) bool {
	_, ok := errors.AsType[net.Error](err)
	// Safe to retry is what was not sent: the connection was found closed.
	return ok || pgconn.SafeToRetry(err) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || pgconn.Timeout(err)
}

// stateKind tells what an SQLSTATE means to callers.
func stateKind(state string) error {
	switch state {
	case "23505":
		return ErrUnique
	case "23503":
		return ErrForeignKey
	case "40001", "40P01", "40003":
		return ErrConflict
	case "55P03", "57014": // waited for a lock, or worked, for too long
		return ErrUnavailable
	}
	if isOfServer(state) {
		return ErrUnavailable
	}
	return nil
}

// isOfServer reports whether a state says that this server, or this connection to it, is
// not the one to ask: it shuts down, only reads, has no room, or has lost something.
func isOfServer(state string) bool {
	for _, class := range []string{"08", "53", "57P", "58", "XX", "25006", "25P03"} {
		if strings.HasPrefix(state, class) {
			return true
		}
	}
	return false
}

// isOutdated reports whether a statement was prepared before the schema changed, or is
// not prepared any more.
func isOutdated(refusal *pgconn.PgError) bool {
	return refusal.Code == "26000" || refusal.Code == "0A000" && strings.Contains(refusal.Message, "cached plan")
}

package directory

import (
	"context"
	"errors"
	"fmt"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// ErrSameSecretKey is a new secret key that is the present one.
var ErrSameSecretKey = errors.New("the new secret key is the present one")

// Reseal keeps all secrets under another key from now on, and returns how many it found
// under the present one. Either all are or none: one that neither key opens is an error that
// names its configuration. It changes nothing else, and can be done again.
func (d *Directory) Reseal(ctx context.Context, fresh *secret.Sealer) (count int, err error) {
	if d.sealer == nil || fresh == nil {
		return 0, errNoSealer
	}
	probe, err := fresh.Seal("", "probe")
	if err != nil {
		return 0, err
	}
	if _, err := d.sealer.Open(probe, "probe"); err == nil {
		return 0, ErrSameSecretKey
	}
	return asServer(ctx, d, 1, func(o *operation) (int, error) { return o.reseal(fresh) })
}

func (o *operation) reseal(fresh *secret.Sealer) (count int, err error) {
	var kept []*storedSSO
	err = o.tx.Each(ssoColumns+" WHERE secret IS NOT NULL ORDER BY id", nil, func(rows *db.Rows) error {
		s, err := scanSSO(rows)
		kept = append(kept, s)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, s := range kept {
		purpose := sealPurpose(&s.SSO)
		text, err := o.d.sealer.Open(s.secret, purpose)
		if err != nil {
			if _, again := fresh.Open(s.secret, purpose); again == nil {
				continue
			}
			return 0, fmt.Errorf("configuration %s: %w", s.Identifier, err)
		}
		sealed, err := fresh.Seal(text, purpose)
		if err != nil {
			return 0, err
		}
		if err := o.tx.Later("UPDATE sso_configurations SET secret = $2 WHERE id = $1", s.ID, sealed); err != nil {
			return 0, err
		}
		count++
	}
	return count, o.tx.Flush()
}

package directory

import (
	"context"
	"fmt"

	"github.com/roundtable-directory/roundtable"
)

// This file is the single sign-on of PROVIDER users, which the server's own side sets.

// ProviderSSO returns the configuration of a provider, by its label; nil: it has none.
func (d *Directory) ProviderSSO(ctx context.Context, label string) (*roundtable.SSOView, error) {
	return byProvider(ctx, d, label, func(_ *operation, _ int64, before *storedSSO) (*roundtable.SSOView, error) {
		if before == nil {
			return nil, nil
		}
		return before.View(d.publicURL), nil
	})
}

// SetProviderSSO makes or changes the configuration of a provider.
func (d *Directory) SetProviderSSO(ctx context.Context, label string, change roundtable.SSOChange) (*roundtable.SSOView, error) {
	return byProvider(ctx, d, label, func(o *operation, provider int64, before *storedSSO) (*roundtable.SSOView, error) {
		if err := o.completeSSO(before, &change); err != nil {
			return nil, err
		}
		outcome, err := roundtable.SetProviderSSO(provider, ssoOf(before), &change)
		if err != nil {
			return nil, err
		}
		if outcome.Changed {
			err = o.writeSSO(before, outcome)
		}
		return outcome.After.View(d.publicURL), err
	})
}

// DeleteProviderSSO takes the configuration of a provider away, if there is one.
func (d *Directory) DeleteProviderSSO(ctx context.Context, label string) error {
	_, err := byProvider(ctx, d, label, func(o *operation, _ int64, before *storedSSO) (struct{}, error) {
		if before == nil {
			return struct{}{}, nil
		}
		return struct{}{}, o.deleteSSO(&before.SSO)
	})
	return err
}

// TryProviderSSO makes an address under which the configuration of a provider is tested.
func (d *Directory) TryProviderSSO(ctx context.Context, label string) (*SSOTry, error) {
	return byProvider(ctx, d, label, func(o *operation, _ int64, before *storedSSO) (*SSOTry, error) { return o.trySSO(before, "") })
}

func byProvider[T any](ctx context.Context, d *Directory, label string, do func(*operation, int64, *storedSSO) (T, error)) (T, error) {
	return admitting(ctx, d, Visitor{}, 0, func(o *operation) (result T, err error) {
		var provider int64
		found, err := o.tx.One("SELECT id FROM providers WHERE label = $1", []any{label}, &provider)
		if err != nil {
			return result, err
		}
		if !found {
			return result, fmt.Errorf("there is no provider %q", label)
		}
		before, err := ssoWhere(o.tx, "provider_id = $1", provider)
		if err != nil {
			return result, err
		}
		return do(o, provider, before)
	})
}

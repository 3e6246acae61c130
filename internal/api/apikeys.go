package api

import (
	"slices"
	"strconv"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

// newKey is the body of a new API key.
type newKey struct {
	roundtable.APIKeyPatch
	Type roundtable.Opt[string] `json:"type"`
}

// keyRotation is the body of a rotation.
type keyRotation struct {
	OverlapSeconds roundtable.Opt[int64] `json:"overlap_seconds"`
}

var (
	newKeyForm      = newForm[newKey]()
	keyForm         = newForm[roundtable.APIKeyPatch](roundtable.IgnoredAPIKeyMembers()...)
	keyRotationForm = newForm[keyRotation]()
)

// createAPIKey is POST /v2/api_keys. Its answer is the only one that holds the secret.
func (a *API) createAPIKey(req *request) (*reply, error) {
	if err := strictQuery(req.URL).err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	body, wrong, _ := newKeyForm.read(req.body)
	change := roundtable.APIKeyChange{Patch: body.APIKeyPatch, Type: body.Type, Form: wrong}
	idOf := func(created *directory.ChangedKey) string { return strconv.FormatInt(created.ID, 10) }
	return writingSecret(req, changedKey(nil), idOf, func(caller directory.Caller) (*directory.ChangedKey, error) {
		return a.directory.CreateAPIKey(req.Context(), caller, change)
	})
}

// updateAPIKey is PUT and POST /v2/api_keys/{api_key_id}.
func (a *API) updateAPIKey(req *request) (*reply, error) {
	if err := strictQuery(req.URL).err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	patch, wrong, ignored := keyForm.read(req.body)
	return writing(req, changedKey(ignored), func(caller directory.Caller) (*directory.ChangedKey, error) {
		return a.directory.UpdateAPIKey(req.Context(), caller, req.id(0), roundtable.APIKeyChange{Patch: patch, Form: wrong})
	})
}

// changedKey renders a key that was made or changed.
func changedKey(ignored []string) func(*directory.ChangedKey) (*reply, error) {
	return func(changed *directory.ChangedKey) (*reply, error) {
		reply, err := newReply(changed.SecretKey)
		if err != nil {
			return nil, err
		}
		reply.ignored = slices.Concat(ignored, changed.Ignored)
		return reply, nil
	}
}

// rotateAPIKey is POST /v2/api_keys/{api_key_id}/rotate. Its answer is the only one
// that holds the new secret.
func (a *API) rotateAPIKey(req *request) (*reply, error) {
	if err := strictQuery(req.URL).err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	body, wrong, _ := keyRotationForm.read(req.body)
	rotation := roundtable.Rotation{OverlapSeconds: body.OverlapSeconds, Form: wrong}
	render := func(rotated *directory.SecretKey) (*reply, error) { return newReply(rotated) }
	idOf := func(rotated *directory.SecretKey) string { return strconv.FormatInt(rotated.ID, 10) }
	return writingSecret(req, render, idOf, func(caller directory.Caller) (*directory.SecretKey, error) {
		return a.directory.RotateAPIKey(req.Context(), caller, req.id(0), rotation)
	})
}

// revokeAPIKey is POST /v2/api_keys/revoke/{api_key_id}.
func (a *API) revokeAPIKey(req *request) (*reply, error) {
	if err := strictQuery(req.URL).err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	_, wrong, _ := emptyForm.read(req.body)
	render := func(revoked *roundtable.APIKeyRecord) (*reply, error) {
		return &reply{body: []byte(`{"id":` + strconv.FormatInt(revoked.ID, 10) + `,"status":"success"}`)}, nil
	}
	return writing(req, render, func(caller directory.Caller) (*roundtable.APIKeyRecord, error) {
		return a.directory.RevokeAPIKey(req.Context(), caller, req.id(0), wrong)
	})
}

// getAPIKey is GET /v2/api_keys/{api_key_id}.
func (a *API) getAPIKey(req *request) (*reply, error) {
	q := readQuery(req.URL)
	all := q.boolean("include_all_permissions")
	if err := q.err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	key, err := a.directory.APIKey(req.Context(), req.caller, req.id(0), all.Value)
	if err != nil {
		return nil, err
	}
	return newReply(key)
}

// maxSearchText is the longest text that is searched for.
const maxSearchText = 256

// listAPIKeys is GET /v2/api_keys.
func (a *API) listAPIKeys(req *request) (*reply, error) {
	q := readQuery(req.URL)
	filter := directory.APIKeyFilter{
		Status:     q.choice("status", directory.KeysActive, directory.KeysInactive, directory.KeysDisabled, directory.KeysExpired),
		Kind:       q.choice("type", string(roundtable.BotKey), string(roundtable.UserKey)),
		SearchText: q.text("search_text").Value,
	}
	if len(filter.SearchText) > maxSearchText {
		q.invalid("search_text", "Must have at most 256 bytes.")
	}
	all, page := q.boolean("include_all_permissions"), q.page()
	if err := q.err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	found, err := a.directory.APIKeys(req.Context(), req.caller, filter, page, all.Value)
	if err != nil {
		return nil, err
	}
	return newPage(page, found.Count, "api_keys", found.Keys)
}

// listPermissions is GET /v2/permissions.
func (a *API) listPermissions(req *request) (*reply, error) {
	sections, err := a.directory.Permissions(req.Context(), req.caller)
	if err != nil {
		return nil, err
	}
	return newReply(struct {
		Sections []roundtable.PermissionSection `json:"sections"`
	}{sections})
}

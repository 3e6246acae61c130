-- +goose Up

-- Instants are Unix microseconds, lists are JSON text, identifiers compare bytewise.

-- AUTOINCREMENT where others remember a number after its row is gone: it is never given again.

CREATE TABLE providers (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE orgs (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    provider_id      INTEGER NOT NULL REFERENCES providers (id),
    name             TEXT    NOT NULL,
    name_key         TEXT    NOT NULL, -- folded, for searching
    alias            TEXT    NOT NULL UNIQUE,
    type             TEXT    NOT NULL,
    plans            TEXT    NOT NULL, -- [{"name", "subscription_date", "expiration_date"}]
    max_businesses   INTEGER,
    last_api_call_at INTEGER,
    created_at       INTEGER NOT NULL,
    version          INTEGER NOT NULL,
    shops_version    INTEGER NOT NULL DEFAULT 0 -- up with each change of its businesses, groups and memberships that access reads
) STRICT;

CREATE INDEX orgs_by_provider ON orgs (provider_id, id);

-- Names of sections and groups are unique folded: what looks alike is one name.

CREATE TABLE sections (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id   INTEGER NOT NULL REFERENCES orgs (id),
    name     TEXT    NOT NULL,
    name_key TEXT    NOT NULL,
    UNIQUE (org_id, name_key)
) STRICT;

CREATE TABLE groups (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id     INTEGER NOT NULL REFERENCES orgs (id),
    section_id INTEGER NOT NULL REFERENCES sections (id),
    name       TEXT    NOT NULL,
    name_key   TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (section_id, name_key)
) STRICT;

CREATE INDEX groups_by_org ON groups (org_id, id);

-- The columns are what is searched or ruled by; data holds the fields that are
-- stored and returned unchanged.
CREATE TABLE businesses (
    id                  TEXT    NOT NULL PRIMARY KEY,
    org_id              INTEGER NOT NULL REFERENCES orgs (id),
    code                TEXT    NOT NULL,
    name                TEXT    NOT NULL,
    city                TEXT    NOT NULL,
    zipcode             TEXT    NOT NULL,
    country             TEXT    NOT NULL,
    status              TEXT    NOT NULL,
    reach               TEXT    NOT NULL, -- LOCAL, BRAND
    presence_management INTEGER NOT NULL,
    name_key            TEXT    NOT NULL DEFAULT '', -- folded, for sorting and comparing
    city_key            TEXT    NOT NULL DEFAULT '',
    words               TEXT    NOT NULL DEFAULT '', -- of name, city and zipcode, folded, each behind a space
    created_at          INTEGER NOT NULL,
    modified_at         INTEGER NOT NULL,
    version             INTEGER NOT NULL,
    data                TEXT    NOT NULL,
    UNIQUE (org_id, code)
) STRICT, WITHOUT ROWID;

-- Businesses are written rarely and searched often: one index holds whatever a filter or
-- an order reads, so that a search reads rows only for its page.
CREATE INDEX businesses_by_org ON businesses (
    org_id, id, presence_management, status, reach, country, zipcode, name_key, city_key, words, created_at, modified_at, code
);

CREATE TABLE business_groups (
    business_id TEXT    NOT NULL REFERENCES businesses (id),
    group_id    INTEGER NOT NULL REFERENCES groups (id),
    PRIMARY KEY (business_id, group_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX business_groups_by_group ON business_groups (group_id, business_id);

CREATE TABLE users (
    id            TEXT    NOT NULL PRIMARY KEY,
    org_id        INTEGER NOT NULL REFERENCES orgs (id),
    email         TEXT    NOT NULL,
    email_key     TEXT    NOT NULL,
    first_name    TEXT    NOT NULL,
    last_name     TEXT    NOT NULL,
    lang          TEXT    NOT NULL,
    phone         TEXT    NOT NULL,
    role          TEXT    NOT NULL,
    status        TEXT    NOT NULL,
    disabled      INTEGER NOT NULL,
    sso_only      INTEGER NOT NULL,
    sidebar_pages TEXT,
    keywords      TEXT    NOT NULL,
    receive_reviews_email_notifications INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    last_event_id INTEGER -- see events
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX users_email_key ON users (email_key);
CREATE INDEX users_by_org ON users (org_id, id);
CREATE INDEX users_org_admins ON users (org_id, id) WHERE role = 'ORG_ADMIN';
CREATE INDEX users_providers ON users (org_id, id) WHERE role = 'PROVIDER';
CREATE INDEX users_above_managers ON users (role, org_id, id) WHERE role IN ('PROVIDER', 'ORG_ADMIN', 'ORG_MANAGER', 'PUBLISHER');

-- The groups of each access set of a GROUP_MANAGER, in the order given.
CREATE TABLE user_accesses (
    user_id    TEXT    NOT NULL REFERENCES users (id),
    access_set INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    group_id   INTEGER NOT NULL REFERENCES groups (id),
    PRIMARY KEY (user_id, access_set, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX user_accesses_by_group ON user_accesses (group_id, user_id);

-- The businesses of a BUSINESS_MANAGER; position keeps the order given and may have gaps.
CREATE TABLE user_businesses (
    user_id     TEXT    NOT NULL REFERENCES users (id),
    position    INTEGER NOT NULL,
    business_id TEXT    NOT NULL REFERENCES businesses (id),
    PRIMARY KEY (user_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX user_businesses_by_business ON user_businesses (business_id, user_id);

CREATE TABLE passwords (
    user_id    TEXT    NOT NULL PRIMARY KEY REFERENCES users (id),
    hash       TEXT    NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    id         INTEGER PRIMARY KEY,
    token_hash BLOB    NOT NULL UNIQUE,
    user_id    TEXT    NOT NULL REFERENCES users (id),
    kind       TEXT    NOT NULL, -- password, sso, connection_token
    address    TEXT    NOT NULL DEFAULT '', -- from where it began
    agent      TEXT    NOT NULL DEFAULT '', -- with which browser
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL DEFAULT 0, -- to the minute
    expires_at INTEGER NOT NULL -- moves on with use, up to the absolute limit
) STRICT;

CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE api_keys (
    id                         INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id                    TEXT    NOT NULL REFERENCES users (id),
    secret_hash                BLOB    NOT NULL UNIQUE,
    previous_secret_hash       BLOB    UNIQUE, -- after a rotation, until previous_expires_at
    previous_expires_at        INTEGER,
    kind                       TEXT    NOT NULL, -- user, bot
    bot_org_id                 INTEGER, -- of a bot key: the organisation it was made in, which may be gone
    label                      TEXT    NOT NULL,
    label_key                  TEXT    NOT NULL, -- folded, for searching
    description                TEXT    NOT NULL,
    demo                       INTEGER NOT NULL,
    expiration_date            TEXT, -- YYYY-MM-DD, the first day on which it refuses
    ip_whitelist               TEXT    NOT NULL,
    has_restricted_permissions INTEGER NOT NULL,
    permissions                TEXT    NOT NULL,
    last_used_at               INTEGER,
    created_at                 INTEGER NOT NULL,
    created_by                 TEXT, -- a user id, which may be gone; NULL: on the server
    revoked_at                 INTEGER,
    revoked_by                 TEXT
) STRICT;

CREATE INDEX api_keys_by_user ON api_keys (user_id);
CREATE INDEX api_keys_of_bots ON api_keys (bot_org_id) WHERE bot_org_id IS NOT NULL;

CREATE TABLE connection_tokens (
    token_hash  BLOB    NOT NULL PRIMARY KEY,
    user_id     TEXT    NOT NULL REFERENCES users (id),
    created_by  TEXT    NOT NULL DEFAULT '', -- a user id, which may be gone
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    consumed_at INTEGER,
    revoked_at  INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX connection_tokens_by_user ON connection_tokens (user_id);

-- Links that were mailed: invitations, password resets, and what ends mails about reviews.
CREATE TABLE links (
    token_hash BLOB    NOT NULL PRIMARY KEY,
    user_id    TEXT    NOT NULL REFERENCES users (id),
    kind       TEXT    NOT NULL, -- invitation, reset, unsubscribe
    mail_id    INTEGER, -- that carries it
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER,
    voided_at  INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX links_by_user ON links (user_id);

CREATE TABLE sso_configurations (
    id                 INTEGER PRIMARY KEY,
    identifier         TEXT    NOT NULL UNIQUE, -- in the addresses that the identity provider knows
    org_id             INTEGER UNIQUE REFERENCES orgs (id),
    provider_id        INTEGER UNIQUE REFERENCES providers (id), -- of PROVIDER users, if org_id is NULL
    kind               TEXT    NOT NULL, -- oidc, saml
    settings           TEXT    NOT NULL DEFAULT '{}', -- what is no secret
    secret             BLOB, -- encrypted
    enabled            INTEGER NOT NULL,
    tested_at          INTEGER, -- when a test of these settings succeeded
    expires_at         INTEGER, -- of the certificate or the configuration
    warned_at          INTEGER, -- when its end was announced
    admin_signed_in_at INTEGER, -- when an ORG_ADMIN first came in this way
    created_at         INTEGER NOT NULL DEFAULT 0,
    updated_at         INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Sign-ins under way at an identity provider.
CREATE TABLE sso_requests (
    state_hash       BLOB    NOT NULL PRIMARY KEY,
    configuration_id INTEGER NOT NULL REFERENCES sso_configurations (id),
    browser_hash     BLOB    NOT NULL, -- of a cookie: whoever began it has to end it
    purpose          TEXT    NOT NULL, -- sign_in, test
    user_id          TEXT, -- who tests, who may be gone
    nonce            TEXT    NOT NULL, -- or the id of the SAML request
    verifier         TEXT    NOT NULL, -- of PKCE
    return_to        TEXT    NOT NULL,
    created_at       INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sso_requests_by_configuration ON sso_requests (configuration_id);
CREATE INDEX sso_requests_by_age ON sso_requests (expires_at);

-- Assertions that were taken, until they could not be taken any more anyway.
CREATE TABLE saml_assertions (
    configuration_id INTEGER NOT NULL REFERENCES sso_configurations (id),
    assertion_hash   BLOB    NOT NULL,
    expires_at       INTEGER NOT NULL,
    PRIMARY KEY (configuration_id, assertion_hash)
) STRICT, WITHOUT ROWID;

CREATE INDEX saml_assertions_by_age ON saml_assertions (expires_at);

CREATE TABLE sso_links (
    user_id          TEXT    NOT NULL PRIMARY KEY REFERENCES users (id),
    configuration_id INTEGER NOT NULL DEFAULT 0,
    issuer           TEXT    NOT NULL,
    subject          TEXT    NOT NULL,
    created_at       INTEGER NOT NULL,
    UNIQUE (configuration_id, issuer, subject)
) STRICT, WITHOUT ROWID;

-- Mails waiting to be sent.
CREATE TABLE mails (
    id           INTEGER PRIMARY KEY,
    user_id      TEXT    NOT NULL REFERENCES users (id),
    kind         TEXT    NOT NULL, -- invitation, reset, review, sso_expiry
    about        TEXT    NOT NULL DEFAULT '{}', -- what the text speaks of; no secret
    created_at   INTEGER NOT NULL,
    due_at       INTEGER NOT NULL DEFAULT 0, -- not to be tried before
    tries        INTEGER NOT NULL DEFAULT 0,
    leased_by    TEXT, -- who sends it now,
    leased_until INTEGER, -- and until when nobody else does
    sent_at      INTEGER,
    cancelled_at INTEGER,
    failed_at    INTEGER, -- given up: a dead letter
    error        TEXT    NOT NULL DEFAULT '' -- of the last try
) STRICT;

CREATE INDEX mails_waiting ON mails (kind, due_at, id) WHERE sent_at IS NULL AND cancelled_at IS NULL AND failed_at IS NULL;
CREATE INDEX mails_failed ON mails (failed_at) WHERE failed_at IS NOT NULL;

CREATE INDEX mails_by_user ON mails (user_id);

-- Tokens with which a page hands a signed-in user over to the application behind it.
CREATE TABLE handovers (
    token_hash BLOB    NOT NULL PRIMARY KEY,
    user_id    TEXT    NOT NULL REFERENCES users (id),
    page       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX handovers_by_user ON handovers (user_id);

-- Reviews of businesses, as they were sent.
CREATE TABLE reviews (
    org_id       INTEGER NOT NULL REFERENCES orgs (id),
    id           TEXT    NOT NULL,
    business_id  TEXT    NOT NULL REFERENCES businesses (id),
    rating       INTEGER NOT NULL,
    author       TEXT    NOT NULL,
    text         TEXT    NOT NULL,
    lang         TEXT    NOT NULL,
    published_at INTEGER NOT NULL,
    updated_at   INTEGER,
    created_at   INTEGER NOT NULL, -- when it was first taken in
    version      INTEGER NOT NULL,
    PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX reviews_by_business ON reviews (business_id, published_at);

-- Lists of a whole organisation read rows only for their page.
CREATE INDEX reviews_by_time ON reviews (org_id, published_at, id, business_id, rating);

-- Who was told of a bad review, and why.
CREATE TABLE review_notices (
    org_id     INTEGER NOT NULL,
    review_id  TEXT    NOT NULL,
    user_id    TEXT    NOT NULL REFERENCES users (id),
    mail_id    INTEGER NOT NULL,
    reason     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (org_id, review_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX review_notices_by_user ON review_notices (user_id);

-- Answers to requests with an Idempotency-Key, for a day. Both are HMACs under the
-- caller's key, which is stored nowhere.
CREATE TABLE idempotent_answers (
    scope      BLOB    NOT NULL PRIMARY KEY, -- of method, path, query and Idempotency-Key
    body       BLOB    NOT NULL,
    api_key_id INTEGER NOT NULL,
    org_id     INTEGER NOT NULL,
    answer     TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotent_answers_by_age ON idempotent_answers (created_at);
CREATE INDEX idempotent_answers_by_key ON idempotent_answers (api_key_id);

-- What each node has counted in the present window of an organisation, for the others.
CREATE TABLE rate_windows (
    org_id   INTEGER NOT NULL,
    node     TEXT    NOT NULL,
    since    INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    PRIMARY KEY (org_id, node)
) STRICT, WITHOUT ROWID;

-- Users that are gone, so that their history can still be read.
CREATE TABLE deleted_users (
    id            TEXT    NOT NULL PRIMARY KEY,
    org_id        INTEGER NOT NULL REFERENCES orgs (id),
    role          TEXT    NOT NULL,
    version       INTEGER NOT NULL,
    last_event_id INTEGER,
    deleted_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX deleted_users_by_org ON deleted_users (org_id);

-- The history: one row for each change, only ever appended. previous_id is the
-- event before it of the same user, whose last one the user's row names: so a
-- change writes no page of its own but the end of this table. No reference to
-- users: history outlives its user.
CREATE TABLE events (
    id          INTEGER PRIMARY KEY,
    previous_id INTEGER,
    user_id     TEXT    NOT NULL,
    version     INTEGER NOT NULL, -- of the user that the change produced
    org_id      INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    actor_id    TEXT    NOT NULL,
    api_key_id  INTEGER NOT NULL,
    request_id  TEXT    NOT NULL,
    changes     TEXT    NOT NULL,
    effects     TEXT    NOT NULL,
    reverts     INTEGER -- version of the event of the same user that this one undid
) STRICT;

-- Everything that lets user {user} in or is under way to it, and of each kind what is spent already; {n} is the end of the id.
INSERT INTO sessions (id, token_hash, user_id, kind, created_at, expires_at) VALUES
    ({n}1, x'0{n}01', '{user}', 'password', 1, 9999999999999999),
    ({n}2, x'0{n}02', '{user}', 'sso', 1, 9999999999999999);
INSERT INTO connection_tokens (token_hash, user_id, created_at, expires_at, consumed_at, revoked_at) VALUES
    (x'0{n}01', '{user}', 1, 9999999999999999, NULL, NULL),
    (x'0{n}02', '{user}', 1, 9999999999999999, 2, NULL),
    (x'0{n}03', '{user}', 1, 9999999999999999, NULL, 2);
INSERT INTO links (token_hash, user_id, kind, created_at, expires_at, used_at, voided_at) VALUES
    (x'0{n}11', '{user}', 'invitation', 1, 9999999999999999, NULL, NULL),
    (x'0{n}12', '{user}', 'invitation', 1, 9999999999999999, 2, NULL),
    (x'0{n}13', '{user}', 'invitation', 1, 9999999999999999, NULL, 2),
    (x'0{n}21', '{user}', 'reset', 1, 9999999999999999, NULL, NULL),
    (x'0{n}22', '{user}', 'reset', 1, 9999999999999999, 2, NULL),
    (x'0{n}23', '{user}', 'reset', 1, 9999999999999999, NULL, 2);
INSERT INTO sso_links (user_id, configuration_id, issuer, subject, created_at) VALUES ('{user}', (SELECT MIN(id) FROM sso_configurations), 'https://login.example.com', '{n}', 1);
INSERT INTO mails (id, user_id, kind, created_at, sent_at, cancelled_at) VALUES
    ({n}1, '{user}', 'invitation', 1, NULL, NULL),
    ({n}2, '{user}', 'invitation', 1, 2, NULL),
    ({n}3, '{user}', 'invitation', 1, NULL, 2);

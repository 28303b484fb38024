/** SQLite's `application_id` for our files: "Post". */
export const APPLICATION_ID = 0x506f7374;

/**
 * Each entry takes a database from the version of its index to the next; `user_version` counts them. Never
 * change a released entry: append a new one.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE customer (
    id           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    since        TEXT NOT NULL,
    suspended_at TEXT
  ) STRICT;

  CREATE TABLE key (
    customer     INTEGER NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    fingerprint  TEXT NOT NULL,
    type         TEXT NOT NULL,
    blob         BLOB NOT NULL,
    comment      TEXT NOT NULL,
    added_at     TEXT NOT NULL,
    last_used_at TEXT,
    PRIMARY KEY (customer, fingerprint)
  ) STRICT, WITHOUT ROWID;

  -- present: some host showed it last. The order of retirement and of a role's beginning is told by audit
  -- sequence: clocks can go back.
  CREATE TABLE domain (
    name          TEXT PRIMARY KEY,
    first_seen_at TEXT NOT NULL,
    present       INTEGER NOT NULL,
    retired_at    TEXT,
    retired_seq   INTEGER
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE role (
    customer  INTEGER NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    domain    TEXT NOT NULL,
    role      TEXT NOT NULL,
    since     TEXT NOT NULL,
    since_seq INTEGER NOT NULL,
    PRIMARY KEY (customer, domain)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX role_domain ON role (domain);

  CREATE TABLE preference (
    customer INTEGER PRIMARY KEY REFERENCES customer (id) ON DELETE CASCADE,
    charset  TEXT,
    colour   INTEGER
  ) STRICT;

  -- record is the canonical JSON of {at, event, seq}; hash is over prev and record. The other columns repeat
  -- what record says, to be found by. AUTOINCREMENT remembers the highest seq there ever was.
  CREATE TABLE audit (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    at        TEXT NOT NULL,
    kind      TEXT NOT NULL,
    customer  TEXT,
    domain    TEXT,
    operation TEXT,
    record    TEXT NOT NULL,
    prev      TEXT NOT NULL,
    hash      TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_at ON audit (at);
  CREATE INDEX audit_customer ON audit (customer) WHERE customer IS NOT NULL;
  CREATE INDEX audit_domain ON audit (domain) WHERE domain IS NOT NULL;
  CREATE INDEX audit_operation ON audit (operation, kind) WHERE operation IS NOT NULL;
  CREATE INDEX audit_customer_use ON audit (customer, kind, at) WHERE kind GLOB 'domain.*.requested';
  CREATE INDEX audit_domain_use ON audit (domain, kind, at) WHERE kind GLOB 'domain.*.requested';

  CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
  CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
  -- INSERT OR REPLACE would delete without firing the trigger above.
  CREATE TRIGGER audit_in_order BEFORE INSERT ON audit
  WHEN EXISTS (SELECT 1 FROM audit WHERE seq >= NEW.seq)
  BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
  `,
  `
  -- As a role: a domain that takes over a name does not take over what was set for the one before.
  CREATE TABLE parameter (
    domain    TEXT NOT NULL,
    name      TEXT NOT NULL,
    value     TEXT NOT NULL,
    since_seq INTEGER NOT NULL,
    PRIMARY KEY (domain, name)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE preference ADD COLUMN escape_key TEXT;
  `,
  `
  -- One row while it is on.
  CREATE TABLE maintenance (
    id              INTEGER PRIMARY KEY CHECK (id = 1),
    sentence        TEXT NOT NULL,
    consoles_closed INTEGER NOT NULL,
    since           TEXT NOT NULL,
    until           TEXT
  ) STRICT;
  `,
  `
  -- Where a customer's deed came from, for limits per source. Older rows have none: they cannot be changed.
  ALTER TABLE audit ADD COLUMN source TEXT;
  CREATE INDEX audit_source_use ON audit (source, kind, at) WHERE kind GLOB 'domain.*.requested';
  `,
  `
  -- Since when a customer has this name; null: since the beginning. What stands under it from before is another's.
  ALTER TABLE customer ADD COLUMN named_at TEXT;
  -- From then on nobody logs in with it; null: never.
  ALTER TABLE key ADD COLUMN expires_at TEXT;
  `,
  `
  CREATE UNIQUE INDEX audit_reference ON audit (record ->> '$.event.reference') WHERE kind = 'domain.denied';
  `,
  `
  CREATE TABLE host (
    name   TEXT PRIMARY KEY,
    socket TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- What the host showed when it was heard last.
  CREATE TABLE sighting (
    host   TEXT NOT NULL REFERENCES host (name) ON DELETE CASCADE,
    domain TEXT NOT NULL,
    PRIMARY KEY (host, domain)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE INDEX key_expiry ON key (expires_at) WHERE expires_at IS NOT NULL;
  `,
  `
  -- Guests that ran on the host when it was heard last, and that it did not manage. tells: whether it said so at all.
  CREATE TABLE guest (
    host TEXT NOT NULL REFERENCES host (name) ON DELETE CASCADE,
    name TEXT NOT NULL,
    PRIMARY KEY (host, name)
  ) STRICT, WITHOUT ROWID;
  ALTER TABLE host ADD COLUMN tells INTEGER NOT NULL DEFAULT 0;

  -- Domains that were seen to leave a host for another, until they are seen to run.
  CREATE TABLE leaving (
    domain TEXT PRIMARY KEY
  ) STRICT, WITHOUT ROWID;

  -- Which domain a name meant on a host. told: the host has said what uuid and since are, and null is an answer.
  CREATE TABLE identity (
    domain        TEXT NOT NULL,
    host          TEXT NOT NULL,
    told          INTEGER NOT NULL,
    uuid          TEXT,
    since         TEXT,
    first_seen_at TEXT NOT NULL,
    present       INTEGER NOT NULL,
    gone_at       TEXT,
    PRIMARY KEY (domain, host)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO identity (domain, host, told, first_seen_at, present)
  SELECT sighting.domain, sighting.host, 0, domain.first_seen_at, 1
  FROM sighting JOIN domain ON domain.name = sighting.domain;

  -- state: 'present', 'absent' (nobody shows it, and nobody has said that it is gone), 'suspected' (it is said to be gone).
  -- absent_ms: for how long the gate has seen that. waiting: it is not retired without an admin. kept: an admin has said that it is not gone.
  ALTER TABLE domain ADD COLUMN state TEXT NOT NULL DEFAULT 'present';
  ALTER TABLE domain ADD COLUMN absent_since TEXT;
  ALTER TABLE domain ADD COLUMN absent_ms INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE domain ADD COLUMN waiting INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE domain ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE domain ADD COLUMN retired_why TEXT;
  UPDATE domain SET state = 'absent' WHERE present = 0;
  `,
  `
  -- The audit row that gave the customer this name. Where it cannot be told any more, nothing that is written yet.
  ALTER TABLE customer ADD COLUMN named_seq INTEGER NOT NULL DEFAULT 0;
  UPDATE customer SET named_seq = (SELECT coalesce(max(seq), 0) + 1 FROM audit);
  UPDATE customer SET named_seq = named.seq FROM (
    SELECT iif(kind = 'customer.added', record ->> '$.event.customer', record ->> '$.event.to') AS name, max(seq) AS seq
    FROM audit WHERE kind IN ('customer.added', 'customer.renamed') GROUP BY name
  ) AS named WHERE named.name = customer.name;
  `,
  `
  -- The highest signature counter that a security key has logged in with; null: none, or it does not count.
  ALTER TABLE key ADD COLUMN counter INTEGER;
  CREATE INDEX key_counter ON key (fingerprint, counter) WHERE counter IS NOT NULL;
  `,
  `
  -- The CAs whose certificates let customers in. since_seq: the audit row that added it. everybody: it may speak for
  -- every customer. sole: it was added for one customer, by name, and for nobody else.
  CREATE TABLE authority (
    name        TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE,
    type        TEXT NOT NULL,
    blob        BLOB NOT NULL,
    added_at    TEXT NOT NULL,
    since_seq   INTEGER NOT NULL,
    everybody   INTEGER NOT NULL,
    sole        INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE authority_customer (
    authority TEXT NOT NULL REFERENCES authority (name) ON DELETE CASCADE,
    customer  INTEGER NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    PRIMARY KEY (authority, customer)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX authority_customer_customer ON authority_customer (customer);

  -- Groups of the policy.
  CREATE TABLE authority_group (
    authority TEXT NOT NULL REFERENCES authority (name) ON DELETE CASCADE,
    name      TEXT NOT NULL,
    PRIMARY KEY (authority, name)
  ) STRICT, WITHOUT ROWID;

  -- Whether a customer's key was removed last, and whether a name was another customer's before.
  CREATE INDEX audit_key ON audit (customer, record ->> '$.event.fingerprint', seq)
  WHERE kind IN ('key.added', 'key.removed');
  CREATE INDEX audit_name_given_up ON audit (customer) WHERE kind IN ('customer.removed', 'customer.renamed');
  `,
  `
  -- The UUID under which the domain was last seen to exist in Xen on this host.
  ALTER TABLE identity ADD COLUMN ran TEXT;
  `,
  `
  -- The last backup, for an overview that may be asked for every second.
  CREATE INDEX audit_backup ON audit (seq) WHERE kind = 'backup.made';
  `,
  `
  -- Who holds a key, whoever they are.
  CREATE INDEX key_fingerprint ON key (fingerprint);
  -- Whether a role was taken away once.
  CREATE INDEX audit_role_removed ON audit (customer, domain) WHERE kind = 'role.removed';

  -- The intents in the audit log that have no end there yet.
  CREATE TABLE open_intent (
    seq       INTEGER PRIMARY KEY,
    operation TEXT NOT NULL
  ) STRICT;
  CREATE INDEX open_intent_operation ON open_intent (operation);
  INSERT INTO open_intent (seq, operation)
  SELECT seq, operation FROM audit AS intent
  WHERE kind GLOB 'domain.*.requested' AND operation IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM audit WHERE operation = intent.operation AND kind = 'operation.ended');
  `,
  `
  -- What an operation that waits on a host rests on: JSON, as in operation-grounds.ts.
  CREATE TABLE operation_grounds (
    operation TEXT PRIMARY KEY,
    customer  INTEGER NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    body      TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX operation_grounds_customer ON operation_grounds (customer);
  `,
  `
  -- From then on the role counts for nothing; null: it has no end.
  ALTER TABLE role ADD COLUMN until TEXT;
  CREATE INDEX role_until ON role (until) WHERE until IS NOT NULL;
  `,
  `
  -- The last row of the audit log that notices were made of.
  CREATE TABLE notice_cursor (
    id  INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL
  ) STRICT;

  -- What was sent, or is to be sent, to one receiver. address: of a mail to a customer, else empty.
  -- state: 'waiting', 'sent', 'failed' (it was tried too often). Times are ISO 8601.
  CREATE TABLE notice_message (
    id       TEXT PRIMARY KEY,
    channel  TEXT NOT NULL,
    customer INTEGER REFERENCES customer (id) ON DELETE CASCADE,
    address  TEXT NOT NULL,
    state    TEXT NOT NULL,
    notices  INTEGER NOT NULL,
    made_at  TEXT NOT NULL,
    due_at   TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    ended_at TEXT,
    trouble  TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX notice_message_receiver ON notice_message (channel, state, address, ended_at);
  CREATE INDEX notice_message_made ON notice_message (made_at);

  -- One notice to one receiver; message is null until it goes into one. times: how often it happened meanwhile.
  -- body: JSON of what the receiver is told.
  CREATE TABLE notice (
    number   INTEGER PRIMARY KEY,
    id       TEXT NOT NULL UNIQUE,
    channel  TEXT NOT NULL,
    customer INTEGER REFERENCES customer (id) ON DELETE CASCADE,
    address  TEXT NOT NULL,
    kind     TEXT NOT NULL,
    subject  TEXT NOT NULL,
    seq      INTEGER NOT NULL,
    at       TEXT NOT NULL,
    body     TEXT NOT NULL,
    times    INTEGER NOT NULL,
    message  TEXT REFERENCES notice_message (id) ON DELETE CASCADE
  ) STRICT;
  CREATE INDEX notice_waiting ON notice (channel, address, subject) WHERE message IS NULL;
  CREATE INDEX notice_of_message ON notice (message, number) WHERE message IS NOT NULL;
  CREATE INDEX notice_customer ON notice (customer) WHERE customer IS NOT NULL;
  CREATE INDEX notice_message_customer ON notice_message (customer) WHERE customer IS NOT NULL;

  -- The networks that a customer has logged in from: an IPv4 /24 or an IPv6 /48.
  CREATE TABLE login_network (
    customer INTEGER NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    network  TEXT NOT NULL,
    last_at  TEXT NOT NULL,
    PRIMARY KEY (customer, network)
  ) STRICT, WITHOUT ROWID;

  -- What is told once.
  CREATE TABLE notice_told (
    what TEXT PRIMARY KEY,
    at   TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX notice_told_at ON notice_told (at);

  -- Whether a crash is recorded already.
  CREATE INDEX audit_crash ON audit (domain, seq) WHERE kind = 'domain.crashed';
  `,
  `
  -- declared: the file that declares the row; null: it was made by hand. suspended_by: the file that suspends the customer.
  -- own: the customer added the key.
  ALTER TABLE customer ADD COLUMN declared TEXT;
  ALTER TABLE customer ADD COLUMN suspended_by TEXT;
  ALTER TABLE key ADD COLUMN declared TEXT;
  ALTER TABLE key ADD COLUMN own INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE role ADD COLUMN declared TEXT;
  ALTER TABLE parameter ADD COLUMN declared TEXT;
  ALTER TABLE authority ADD COLUMN declared TEXT;
  UPDATE key SET own = 1 FROM customer
  WHERE customer.id = key.customer AND (
    SELECT record ->> '$.event.actor.customer' FROM audit
    WHERE audit.customer = customer.name AND record ->> '$.event.fingerprint' = key.fingerprint
      AND kind IN ('key.added', 'key.removed') ORDER BY seq DESC LIMIT 1) IS NOT NULL;

  -- Whether a hand has removed a CA or a parameter.
  CREATE INDEX audit_authority ON audit (record ->> '$.event.authority', seq)
  WHERE kind IN ('authority.added', 'authority.removed');
  CREATE INDEX audit_parameter ON audit (domain, record ->> '$.event.parameter', seq)
  WHERE kind IN ('domain.parameter.set', 'domain.parameter.unset');
  `,
  `
  -- Where a customer is told what happens. address: null until one is confirmed. asked: one that waits for its code, of
  -- which the SHA-256 is here, and tries are counted.
  CREATE TABLE notice_address (
    customer   INTEGER PRIMARY KEY REFERENCES customer (id) ON DELETE CASCADE,
    address    TEXT,
    is_on      INTEGER NOT NULL,
    asked      TEXT,
    code       TEXT,
    code_until TEXT,
    tries      INTEGER NOT NULL
  ) STRICT;

  -- The codes of the last day: who asked, and for which mailbox. They outlive the customer.
  CREATE TABLE notice_code (
    id       INTEGER PRIMARY KEY,
    customer INTEGER NOT NULL,
    mailbox  TEXT NOT NULL,
    at       TEXT NOT NULL
  ) STRICT;
  CREATE INDEX notice_code_customer ON notice_code (customer, at);
  CREATE INDEX notice_code_mailbox ON notice_code (mailbox, at);
  CREATE INDEX notice_code_at ON notice_code (at);
  `,
];

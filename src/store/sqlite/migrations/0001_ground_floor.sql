-- Times are UTC microseconds. Sealed values never appear in the clear. The indexes named _order and
-- _by_machine give the lists their order; their columns after id let filters be decided, and totals
-- be counted, without reading the rows. Foreign keys carry organization_id along, so that a row
-- cannot point into another organization.

CREATE TABLE settings (
    key   TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE organizations (
    id         TEXT PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX organizations_order ON organizations (created_at, id);

-- How many rows of each table an organization has: totals of unfiltered lists.
CREATE TABLE counters (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    name            TEXT NOT NULL,
    value           INTEGER NOT NULL,
    PRIMARY KEY (organization_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE keys (
    hash            BLOB PRIMARY KEY NOT NULL,
    id              TEXT NOT NULL UNIQUE,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    name            TEXT NOT NULL,
    scopes          INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    revoked_at      INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX keys_order ON keys (organization_id, created_at, id);

CREATE TABLE hmac_keys (
    key             TEXT PRIMARY KEY NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    sealed_secret   BLOB NOT NULL,
    sealing_key_id  TEXT NOT NULL,
    scopes          INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    revoked_at      INTEGER
) STRICT;
CREATE INDEX hmac_keys_sealing ON hmac_keys (sealing_key_id);

CREATE TABLE machines (
    id                          TEXT PRIMARY KEY NOT NULL,
    organization_id             TEXT NOT NULL REFERENCES organizations (id),
    kind                        INTEGER NOT NULL, -- enum machine_kind
    seat_number                 INTEGER UNIQUE,
    fingerprint                 TEXT NOT NULL,
    unkey_key_id                TEXT NOT NULL,
    bound_key_id                TEXT,
    name                        TEXT,
    name_set_by_api             INTEGER NOT NULL,
    version                     TEXT,
    hostname                    TEXT,
    os_info                     TEXT,
    parameters                  TEXT,
    sensitive_aliases           TEXT,
    reserved_session_id         TEXT,
    is_connected                INTEGER NOT NULL,
    out_of_service              INTEGER NOT NULL,
    accepts_runs                INTEGER NOT NULL,
    last_seen                   INTEGER NOT NULL,
    created_at                  INTEGER NOT NULL,
    updated_at                  INTEGER NOT NULL,
    linked_keepalive_machine_id TEXT,
    physical_server_id          TEXT,
    connection_epoch            INTEGER NOT NULL,
    user_id                     TEXT,
    UNIQUE (organization_id, id),
    UNIQUE (organization_id, fingerprint)
) STRICT;
CREATE INDEX machines_order
    ON machines (organization_id, created_at, id, is_connected, out_of_service);
CREATE INDEX machines_connected
    ON machines (physical_server_id, organization_id, id) WHERE is_connected = 1;

CREATE TABLE pools (
    id              TEXT PRIMARY KEY NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    name            TEXT NOT NULL,
    description     TEXT,
    machine_count   INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    UNIQUE (organization_id, id),
    UNIQUE (organization_id, name)
) STRICT;
CREATE INDEX pools_order ON pools (organization_id, created_at, id);

CREATE TABLE pool_machines (
    organization_id TEXT NOT NULL,
    pool_id         TEXT NOT NULL,
    machine_id      TEXT NOT NULL,
    -- in the order of the columns: SQLite 3.40's integrity check reads a WITHOUT ROWID row so
    PRIMARY KEY (organization_id, pool_id, machine_id),
    FOREIGN KEY (organization_id, pool_id)
        REFERENCES pools (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, machine_id)
        REFERENCES machines (organization_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX pool_machines_by_machine ON pool_machines (organization_id, machine_id, pool_id);

CREATE TABLE connections (
    id              TEXT PRIMARY KEY NOT NULL,
    organization_id TEXT NOT NULL,
    machine_id      TEXT NOT NULL,
    websocket_id    TEXT NOT NULL,
    connected_at    INTEGER NOT NULL,
    disconnected_at INTEGER,
    last_ping       INTEGER NOT NULL,
    status          INTEGER NOT NULL, -- enum connection_status
    ip_address      TEXT,
    user_agent      TEXT,
    FOREIGN KEY (organization_id, machine_id) REFERENCES machines (organization_id, id)
) STRICT;
CREATE INDEX connections_order ON connections (organization_id, connected_at, id, status);
CREATE INDEX connections_by_machine
    ON connections (organization_id, machine_id, connected_at, id, status);

CREATE TABLE request_logs (
    id                  TEXT PRIMARY KEY NOT NULL,
    organization_id     TEXT NOT NULL,
    request_id          TEXT NOT NULL,
    method              TEXT NOT NULL,
    path                TEXT NOT NULL,
    machine_id          TEXT NOT NULL,
    status_code         INTEGER,
    request_size_bytes  INTEGER,
    response_size_bytes INTEGER,
    duration_ms         INTEGER,
    error_message       TEXT,
    created_at          INTEGER NOT NULL,
    completed_at        INTEGER,
    FOREIGN KEY (organization_id, machine_id) REFERENCES machines (organization_id, id)
) STRICT;
CREATE INDEX request_logs_order
    ON request_logs (organization_id, created_at, id, method, status_code);
CREATE INDEX request_logs_by_machine
    ON request_logs (organization_id, machine_id, created_at, id, method, status_code);

CREATE TABLE secrets (
    alias           TEXT PRIMARY KEY NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    owner_table     TEXT NOT NULL,
    owner_id        TEXT NOT NULL,
    owner_column    TEXT NOT NULL,
    name            TEXT NOT NULL,
    sealed          BLOB NOT NULL,
    sealing_key_id  TEXT NOT NULL
) STRICT;
CREATE INDEX secrets_by_owner ON secrets (organization_id, owner_id, owner_table, owner_column);
CREATE INDEX secrets_sealing ON secrets (sealing_key_id);

-- Purged in the order of seq. Hashes come in no order, so each new record changes a page of the
-- index that no other record of its group is on: the fewer pages the better, hence the prefix. It
-- is the first four bytes of scope_hash; insertion keeps scope_hash unique.
CREATE TABLE idempotency (
    seq             INTEGER PRIMARY KEY,
    scope_prefix    INTEGER NOT NULL,
    scope_hash      BLOB NOT NULL,
    fingerprint     BLOB NOT NULL,
    response        BLOB, -- sealed; null while the request is being processed
    server_instance TEXT, -- that is processing it
    created_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX idempotency_scope ON idempotency (scope_prefix);

-- Purged in the order of seq.
CREATE TABLE events (
    seq             INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    type            TEXT NOT NULL,
    subject_id      TEXT NOT NULL,
    at              INTEGER NOT NULL,
    data            TEXT
) STRICT;
CREATE INDEX events_by_organization ON events (organization_id, seq);

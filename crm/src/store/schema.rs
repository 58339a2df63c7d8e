//! The tables, as forward-only steps. A step that was ever released is never edited: changes are new
//! steps at the end.

/// The name under which the version of these tables is kept.
pub(super) const COMPONENT: &str = "crm";

/// Every step, oldest first.
pub(super) const STEPS: &[&str] = &["
CREATE TABLE master_key (
    class TEXT PRIMARY KEY,
    fingerprint {blob} NOT NULL
);
CREATE TABLE sealed_key (
    subject TEXT PRIMARY KEY,
    class TEXT NOT NULL,
    wrapped {blob},
    erased BIGINT
);
CREATE TABLE sealed_value (
    subject TEXT NOT NULL REFERENCES sealed_key (subject),
    kind TEXT NOT NULL,
    body {blob} NOT NULL,
    PRIMARY KEY (subject, kind)
);

CREATE TABLE contact (
    id TEXT PRIMARY KEY,
    seq BIGINT NOT NULL,
    tenant TEXT NOT NULL,
    channel TEXT NOT NULL,
    lane TEXT NOT NULL,
    safeguarding BIGINT NOT NULL,
    queue TEXT,
    agent TEXT,
    disposition TEXT,
    arrived BIGINT NOT NULL,
    connected BIGINT,
    ended BIGINT,
    record TEXT NOT NULL
);
CREATE INDEX contact_by_arrival ON contact (arrived, id);
CREATE INDEX contact_by_agent ON contact (agent, arrived);

CREATE TABLE citizen (
    id TEXT PRIMARY KEY,
    number_index {blob} UNIQUE,
    number {blob}
);
CREATE TABLE citizen_name (
    id TEXT PRIMARY KEY,
    citizen TEXT NOT NULL REFERENCES citizen (id),
    contact TEXT,
    at BIGINT NOT NULL,
    author TEXT NOT NULL,
    body {blob} NOT NULL
);
CREATE INDEX citizen_name_by_citizen ON citizen_name (citizen, at);
CREATE TABLE link (
    contact TEXT PRIMARY KEY,
    citizen TEXT NOT NULL REFERENCES citizen (id)
);
CREATE INDEX link_by_citizen ON link (citizen);

CREATE TABLE note (
    id TEXT PRIMARY KEY,
    contact TEXT NOT NULL,
    author TEXT NOT NULL,
    at BIGINT NOT NULL,
    body {blob} NOT NULL
);
CREATE INDEX note_by_contact ON note (contact, at);

CREATE TABLE transcript (
    contact TEXT NOT NULL,
    recording TEXT NOT NULL,
    language TEXT,
    at BIGINT NOT NULL,
    body {blob} NOT NULL,
    PRIMARY KEY (contact, recording)
);

CREATE TABLE conversation (
    contact TEXT PRIMARY KEY,
    token_hash {blob} NOT NULL UNIQUE,
    opened BIGINT NOT NULL,
    closed BIGINT,
    state {blob}
);
CREATE TABLE message (
    contact TEXT NOT NULL,
    seq BIGINT NOT NULL,
    client TEXT NOT NULL,
    speaker TEXT NOT NULL,
    agent TEXT,
    at BIGINT NOT NULL,
    body {blob} NOT NULL,
    PRIMARY KEY (contact, seq),
    UNIQUE (contact, client)
);

CREATE TABLE service (
    id TEXT PRIMARY KEY,
    number BIGINT,
    institution TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    urls TEXT NOT NULL,
    duplicate_of TEXT,
    sensitive TEXT,
    lane TEXT,
    charter_days BIGINT,
    words TEXT NOT NULL
);
CREATE TABLE catalogue (
    name TEXT PRIMARY KEY,
    version BIGINT NOT NULL
);

CREATE TABLE case_file (
    id TEXT PRIMARY KEY,
    reference TEXT NOT NULL UNIQUE,
    tenant TEXT NOT NULL,
    lane TEXT NOT NULL,
    safeguarding BIGINT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    service TEXT,
    citizen TEXT,
    opened BIGINT NOT NULL,
    opened_by TEXT NOT NULL,
    opened_in TEXT,
    due BIGINT,
    title {blob} NOT NULL
);
CREATE INDEX case_by_citizen ON case_file (citizen);
CREATE TABLE case_contact (
    case_id TEXT NOT NULL REFERENCES case_file (id),
    contact TEXT NOT NULL,
    PRIMARY KEY (case_id, contact)
);
CREATE INDEX case_by_contact ON case_contact (contact);
CREATE TABLE case_step (
    case_id TEXT NOT NULL REFERENCES case_file (id),
    n BIGINT NOT NULL,
    at BIGINT NOT NULL,
    author TEXT NOT NULL,
    state TEXT NOT NULL,
    body {blob},
    PRIMARY KEY (case_id, n)
);

CREATE TABLE audit (
    seq BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    contact TEXT,
    reason {blob},
    mac {blob} NOT NULL
);
CREATE TABLE audit_head (
    id BIGINT PRIMARY KEY,
    seq BIGINT NOT NULL,
    mac {blob} NOT NULL
);
"];

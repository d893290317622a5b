-- Times are TEXT, UTC, fixed width (clock.stamp), so that text order is time order. Addresses are stored in lower case.

CREATE TABLE facts (                         -- one-off facts about this installation: install id, boot number, secrets' check
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE blobs (                         -- raw mail and attachments, each content once
    id     INTEGER PRIMARY KEY,
    sha256 BLOB NOT NULL UNIQUE,
    size   INTEGER NOT NULL,
    data   BLOB NOT NULL
) STRICT;

-- People ------------------------------------------------------------------------------------------------------------

CREATE TABLE users (
    id            INTEGER PRIMARY KEY,
    username      TEXT NOT NULL UNIQUE COLLATE NOCASE,
    name          TEXT NOT NULL,
    email         TEXT NOT NULL DEFAULT '',
    roles         TEXT NOT NULL,              -- JSON array of admin, supervisor, agent
    password_hash TEXT,                       -- NULL: not set up yet
    language      TEXT NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'it', 'es', 'pl')),
    time_zone     TEXT NOT NULL DEFAULT 'UTC',
    theme         TEXT NOT NULL DEFAULT 'auto' CHECK (theme IN ('auto', 'light', 'dark')),
    screen_monitoring INTEGER NOT NULL DEFAULT 0,
    enabled       INTEGER NOT NULL DEFAULT 1,
    created_at    TEXT NOT NULL
) STRICT;

CREATE TABLE setup_links (                   -- one-time links by which a person chooses the first password
    token_hash BLOB PRIMARY KEY,
    user       INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_at TEXT NOT NULL
) STRICT;

CREATE TABLE sessions (
    token_hash BLOB PRIMARY KEY,              -- SHA-256 of the cookie
    user       INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    csrf       TEXT NOT NULL,
    created_at TEXT NOT NULL,
    seen_at    TEXT NOT NULL,
    client_ip  TEXT NOT NULL,
    client     TEXT NOT NULL                  -- the browser's own words
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user);

CREATE TABLE sign_in_failures (              -- what slows a guesser down, per account and address
    who      TEXT PRIMARY KEY,
    failures INTEGER NOT NULL,
    last_at  TEXT NOT NULL
) STRICT;

CREATE TABLE tokens (                        -- bearer tokens of the REST API
    id         INTEGER PRIMARY KEY,
    token_hash BLOB NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    role       TEXT NOT NULL CHECK (role IN ('admin', 'supervisor', 'agent')),
    user       INTEGER REFERENCES users (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL
) STRICT;

-- Channels ----------------------------------------------------------------------------------------------------------

CREATE TABLE domains (
    name       TEXT PRIMARY KEY,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE dkim_keys (
    domain     TEXT NOT NULL REFERENCES domains (name) ON DELETE CASCADE,
    selector   TEXT NOT NULL,
    private    BLOB NOT NULL,                 -- PEM, encrypted with secret.key
    public     TEXT NOT NULL,                 -- the TXT record: v=DKIM1; ...
    created_at TEXT NOT NULL,
    PRIMARY KEY (domain, selector)
) STRICT;

CREATE TABLE mailboxes (
    id         INTEGER PRIMARY KEY,
    address    TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL CHECK (kind IN ('local', 'external')),
    receive    INTEGER NOT NULL DEFAULT 1,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE mailbox_aliases (
    address TEXT PRIMARY KEY,
    mailbox INTEGER NOT NULL REFERENCES mailboxes (id) ON DELETE CASCADE
) STRICT;

CREATE TABLE campaigns (
    id               INTEGER PRIMARY KEY,
    name             TEXT NOT NULL,
    mailbox          INTEGER NOT NULL REFERENCES mailboxes (id),
    from_name        TEXT NOT NULL DEFAULT '',
    reply_to         TEXT NOT NULL DEFAULT '[]',   -- JSON array of addresses
    enabled          INTEGER NOT NULL DEFAULT 1,
    receive          INTEGER NOT NULL DEFAULT 1,
    eligibility      TEXT NOT NULL DEFAULT 'nocall',
    delivery_order   TEXT NOT NULL DEFAULT 'leastrecent',
    max_interactions INTEGER,
    max_in_queue     INTEGER,
    service_level_seconds INTEGER NOT NULL DEFAULT 14400,
    time_zone        TEXT NOT NULL DEFAULT 'UTC',
    signature        TEXT NOT NULL DEFAULT '',     -- safe HTML, loaded into every reply
    created_at       TEXT NOT NULL,
    deleted_at       TEXT
) STRICT;
CREATE UNIQUE INDEX campaigns_by_name ON campaigns (name COLLATE NOCASE) WHERE deleted_at IS NULL;
CREATE INDEX campaigns_by_mailbox ON campaigns (mailbox) WHERE deleted_at IS NULL;

CREATE TABLE members (
    campaign INTEGER NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    user     INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    penalty  INTEGER NOT NULL DEFAULT 0 CHECK (penalty BETWEEN 0 AND 100),
    position INTEGER NOT NULL DEFAULT 0,
    receive  INTEGER NOT NULL DEFAULT 1,
    start    INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (campaign, user)
) STRICT;
CREATE INDEX members_by_user ON members (user);

CREATE TABLE statuses (
    id       INTEGER PRIMARY KEY,
    code     TEXT NOT NULL UNIQUE,            -- new, in_progress, waiting, postponed, closed, merged, or one of the team's
    name     TEXT NOT NULL,                   -- English for the standard ones: pages translate those
    standard INTEGER NOT NULL DEFAULT 0,
    open     INTEGER NOT NULL,                -- 1: the team still has something to do or to wait for
    position INTEGER NOT NULL
) STRICT;

CREATE TABLE priorities (
    id                INTEGER PRIMARY KEY,
    code              TEXT NOT NULL UNIQUE,
    name              TEXT NOT NULL,
    standard          INTEGER NOT NULL DEFAULT 0,
    usual             INTEGER NOT NULL DEFAULT 0,  -- 1: what a new interaction gets
    position          INTEGER NOT NULL,            -- lower goes first
    reaction_minutes  INTEGER NOT NULL,
    alarm_minutes     INTEGER NOT NULL,
    execution_minutes INTEGER NOT NULL
) STRICT;

CREATE TABLE break_types (
    id          INTEGER PRIMARY KEY,
    code        TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    standard    INTEGER NOT NULL DEFAULT 0,
    icon        TEXT NOT NULL,
    max_minutes INTEGER
) STRICT;

-- Mail in -----------------------------------------------------------------------------------------------------------

CREATE TABLE arrivals (                      -- kept, and not yet understood
    id         INTEGER PRIMARY KEY,
    blob       INTEGER NOT NULL REFERENCES blobs (id),
    mail_from  TEXT NOT NULL,                 -- RFC5321.MailFrom, '' for the null reverse-path
    recipients TEXT NOT NULL,                 -- JSON array of RFC5321.RcptTo
    client_ip  TEXT NOT NULL,
    helo       TEXT NOT NULL,
    tls        TEXT NOT NULL,                 -- protocol and cipher, '' when plain
    arrived_at TEXT NOT NULL,
    quarantine TEXT                           -- why it waits for a person; NULL: waits for intake
) STRICT;
CREATE INDEX arrivals_waiting ON arrivals (id) WHERE quarantine IS NULL;

CREATE TABLE contacts (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    type       TEXT NOT NULL DEFAULT '',
    vip        INTEGER NOT NULL DEFAULT 0,
    phone      TEXT NOT NULL DEFAULT '',
    notes      TEXT NOT NULL DEFAULT '',
    manager    INTEGER REFERENCES users (id) ON DELETE SET NULL,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE contact_emails (
    address  TEXT PRIMARY KEY,
    contact  INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    position INTEGER NOT NULL CHECK (position BETWEEN 1 AND 3),
    UNIQUE (contact, position)
) STRICT;

CREATE TABLE interactions (                  -- id is the number that people see
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    campaign       INTEGER NOT NULL REFERENCES campaigns (id),
    contact        INTEGER NOT NULL REFERENCES contacts (id),
    agent          INTEGER REFERENCES users (id),
    subject        TEXT NOT NULL,
    bare_subject   TEXT NOT NULL,             -- folded, without Re: and its kin
    status         INTEGER NOT NULL REFERENCES statuses (id),
    priority       INTEGER NOT NULL REFERENCES priorities (id),
    open           INTEGER NOT NULL DEFAULT 1,
    unread         INTEGER NOT NULL DEFAULT 1,
    attention      TEXT NOT NULL DEFAULT '',  -- why a person must look: 'not delivered: ...', else ''
    snippet        TEXT NOT NULL DEFAULT '',
    files          INTEGER NOT NULL DEFAULT 0, -- attachments in all its messages
    last_message   INTEGER,                   -- the newest message of any direction
    waiting_since  TEXT,                      -- the customer has been waiting for an answer since; NULL: it is his turn
    created_at     TEXT NOT NULL,
    changed_at     TEXT NOT NULL,             -- last message or change: the order of every list
    closed_at      TEXT
) STRICT;
-- Who sees few campaigns passes over the others' rows by the index alone: hence `campaign` at the end.
CREATE INDEX interactions_by_change ON interactions (changed_at DESC, id DESC);
CREATE INDEX interactions_by_campaign ON interactions (campaign, open, changed_at DESC, id DESC);
CREATE INDEX interactions_by_agent ON interactions (agent, open, changed_at DESC, id DESC, campaign);
CREATE INDEX interactions_by_contact ON interactions (contact, id DESC);
CREATE INDEX interactions_by_subject ON interactions (campaign, bare_subject, changed_at);
CREATE INDEX interactions_by_open ON interactions (open, changed_at DESC, id DESC, campaign);
CREATE INDEX interactions_by_status ON interactions (status, changed_at DESC, id DESC, campaign);
CREATE INDEX interactions_attention ON interactions (changed_at DESC, id DESC, campaign) WHERE attention <> '';

-- How many interactions stand where: what the pages count, kept by the very statement that moves one.
CREATE TABLE tallies (
    campaign  INTEGER NOT NULL,
    agent     INTEGER NOT NULL,               -- 0: nobody
    status    INTEGER NOT NULL,
    attention INTEGER NOT NULL,
    n         INTEGER NOT NULL,
    PRIMARY KEY (campaign, agent, status, attention)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER tally_new AFTER INSERT ON interactions BEGIN
    INSERT INTO tallies VALUES (new.campaign, ifnull(new.agent, 0), new.status, new.attention <> '', 1)
    ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER tally_move AFTER UPDATE OF campaign, agent, status, attention ON interactions BEGIN
    UPDATE tallies SET n = n - 1 WHERE campaign = old.campaign AND agent = ifnull(old.agent, 0)
        AND status = old.status AND attention = (old.attention <> '');
    INSERT INTO tallies VALUES (new.campaign, ifnull(new.agent, 0), new.status, new.attention <> '', 1)
    ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER tally_gone AFTER DELETE ON interactions BEGIN
    UPDATE tallies SET n = n - 1 WHERE campaign = old.campaign AND agent = ifnull(old.agent, 0)
        AND status = old.status AND attention = (old.attention <> '');
END;

CREATE TABLE messages (                      -- no id is given twice: search and who has seen what go by it
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    interaction    INTEGER NOT NULL REFERENCES interactions (id) ON DELETE CASCADE,
    direction      TEXT NOT NULL CHECK (direction IN ('in', 'out', 'comment')),
    kind           TEXT NOT NULL DEFAULT 'person',
    kind_reason    TEXT NOT NULL DEFAULT '',
    author         INTEGER REFERENCES users (id),  -- who wrote it, for out and comment
    author_name    TEXT NOT NULL DEFAULT '',       -- as it was then: a person's or a token's name
    message_id     TEXT NOT NULL DEFAULT '',       -- without angle brackets
    refs           TEXT NOT NULL DEFAULT '[]',     -- JSON array: the References of a reply to this one, oldest first
    sender         TEXT NOT NULL,                  -- JSON {name, address}
    reply_to       TEXT NOT NULL DEFAULT '[]',     -- JSON arrays of {name, address}
    recipients     TEXT NOT NULL DEFAULT '[]',
    cc             TEXT NOT NULL DEFAULT '[]',
    bcc            TEXT NOT NULL DEFAULT '[]',
    subject        TEXT NOT NULL DEFAULT '',
    text           TEXT NOT NULL,
    html           TEXT NOT NULL DEFAULT '',       -- sanitised when it came in; '' when there is none
    remote_images  INTEGER NOT NULL DEFAULT 0,
    raw            INTEGER REFERENCES blobs (id),
    content_hash   BLOB,
    joined_because TEXT NOT NULL DEFAULT '',       -- which rule put it into this interaction
    trouble        TEXT NOT NULL DEFAULT '[]',     -- JSON array of sentences: what was strange about it
    written_at     TEXT NOT NULL                   -- received, or sent
) STRICT;
CREATE INDEX messages_by_interaction ON messages (interaction, id);
CREATE INDEX messages_by_hash ON messages (content_hash) WHERE content_hash IS NOT NULL;

CREATE TABLE message_ids (                   -- every Message-ID ever seen, also of ancestors that never came to us
    message_id  TEXT NOT NULL,
    campaign    INTEGER NOT NULL,
    interaction INTEGER NOT NULL REFERENCES interactions (id) ON DELETE CASCADE,
    PRIMARY KEY (message_id, campaign, interaction)
) STRICT, WITHOUT ROWID;

CREATE TABLE participants (                  -- who may join an interaction by its number
    interaction INTEGER NOT NULL REFERENCES interactions (id) ON DELETE CASCADE,
    address     TEXT NOT NULL,
    PRIMARY KEY (interaction, address)
) STRICT, WITHOUT ROWID;

CREATE TABLE attachments (                   -- no id is given twice: it is in the URL of an open page
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    message    INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    blob       INTEGER NOT NULL REFERENCES blobs (id),
    name       TEXT NOT NULL,
    type       TEXT NOT NULL,
    size       INTEGER NOT NULL,
    content_id TEXT NOT NULL DEFAULT '',
    inline     INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX attachments_by_message ON attachments (message);

CREATE TABLE history (                       -- every change of an interaction: who, when, what
    id          INTEGER PRIMARY KEY,
    interaction INTEGER NOT NULL REFERENCES interactions (id) ON DELETE CASCADE,
    at          TEXT NOT NULL,
    actor       TEXT NOT NULL,                -- a name as it was then, '' for Posthouse itself
    what        TEXT NOT NULL,                -- created, joined, assigned, closed, reopened, moved, bounced, ...
    detail      TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX history_by_interaction ON history (interaction, id);

CREATE VIRTUAL TABLE found USING fts5 (      -- rowid = message; text folded by appliance.store.search
    subject, people, body, files, campaign, tokenize = "unicode61 remove_diacritics 2", content = ''
);

-- Mail out ----------------------------------------------------------------------------------------------------------

CREATE TABLE drafts (                        -- what an agent is writing, saved as he types
    id          INTEGER PRIMARY KEY,
    user        INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    interaction INTEGER NOT NULL REFERENCES interactions (id) ON DELETE CASCADE,
    mode        TEXT NOT NULL CHECK (mode IN ('reply', 'reply_all', 'forward', 'comment')),
    recipients  TEXT NOT NULL DEFAULT '[]',   -- JSON arrays of {name, address}
    cc          TEXT NOT NULL DEFAULT '[]',
    bcc         TEXT NOT NULL DEFAULT '[]',
    html        TEXT NOT NULL DEFAULT '',
    version     INTEGER NOT NULL DEFAULT 1,
    saved_at    TEXT NOT NULL,
    UNIQUE (user, interaction)
) STRICT;
CREATE INDEX drafts_by_interaction ON drafts (interaction);

CREATE TABLE draft_files (
    id    INTEGER PRIMARY KEY,
    draft INTEGER NOT NULL REFERENCES drafts (id) ON DELETE CASCADE,
    blob  INTEGER NOT NULL REFERENCES blobs (id),
    name  TEXT NOT NULL,
    type  TEXT NOT NULL,
    size  INTEGER NOT NULL
) STRICT;
CREATE INDEX draft_files_by_draft ON draft_files (draft);

CREATE TABLE outbox (                        -- one row = one envelope recipient = unit of retry, ledger and idempotence
    id          INTEGER PRIMARY KEY,
    source      TEXT NOT NULL,                -- reply, forward, system, api, dialer, ...
    interaction INTEGER REFERENCES interactions (id),
    message     INTEGER REFERENCES messages (id),
    mail_from   TEXT NOT NULL,                -- RFC5321.MailFrom, '' for the null reverse-path
    recipient   TEXT NOT NULL,                -- RFC5321.RcptTo
    domain      TEXT NOT NULL,                -- of the recipient: who is busy or unwell is passed over by it
    blob        INTEGER NOT NULL REFERENCES blobs (id),   -- unsigned RFC 5322 bytes
    message_id  TEXT NOT NULL,                -- fixed for good: every attempt carries the same
    state       TEXT NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'leased', 'sending', 'delivered', 'deferred',
                                                               'failed', 'held', 'unsure', 'cancelled', 'suppressed')),
    rank        INTEGER NOT NULL DEFAULT 0 CHECK (rank BETWEEN 0 AND 9),   -- lower goes first: 0 an agent's answer
    attempts    INTEGER NOT NULL DEFAULT 0,   -- those that were this mail's fault, or may have delivered it
    next_at     TEXT NOT NULL,                -- ready and deferred: not before
    expires_at  TEXT NOT NULL,
    boot        INTEGER,                      -- which start of the server holds the lease
    reply       TEXT NOT NULL DEFAULT '',     -- the last words of the other side
    remote      TEXT NOT NULL DEFAULT '',
    tls         TEXT NOT NULL DEFAULT '',
    created_at  TEXT NOT NULL,
    done_at     TEXT
) STRICT;
CREATE INDEX outbox_due ON outbox (rank, next_at, id, domain) WHERE state IN ('ready', 'deferred');
CREATE INDEX outbox_by_state ON outbox (state, id);
CREATE INDEX outbox_by_message ON outbox (message);
CREATE INDEX outbox_by_message_id ON outbox (message_id);

CREATE TABLE outbox_totals (                 -- kept by triggers, so that the states always add up to the rows
    source TEXT NOT NULL,
    state  TEXT NOT NULL,
    n      INTEGER NOT NULL,
    PRIMARY KEY (source, state)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER outbox_new AFTER INSERT ON outbox BEGIN
    INSERT INTO outbox_totals VALUES (new.source, new.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER outbox_move AFTER UPDATE OF state ON outbox WHEN old.state <> new.state BEGIN
    UPDATE outbox_totals SET n = n - 1 WHERE source = old.source AND state = old.state;
    INSERT INTO outbox_totals VALUES (new.source, new.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER outbox_gone AFTER DELETE ON outbox BEGIN
    UPDATE outbox_totals SET n = n - 1 WHERE source = old.source AND state = old.state;
END;

CREATE TABLE attempts (
    id     INTEGER PRIMARY KEY,
    outbox INTEGER NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
    at     TEXT NOT NULL,
    state  TEXT NOT NULL,
    remote TEXT NOT NULL,
    tls    TEXT NOT NULL,
    reply  TEXT NOT NULL
) STRICT;
CREATE INDEX attempts_by_outbox ON attempts (outbox, id);

-- What every team starts with ---------------------------------------------------------------------------------------

INSERT INTO statuses (code, name, standard, open, position) VALUES
    ('new', 'New', 1, 1, 1), ('in_progress', 'In progress', 1, 1, 2), ('waiting', 'Waiting for client', 1, 1, 3),
    ('postponed', 'Postponed', 1, 1, 4), ('closed', 'Closed', 1, 0, 5), ('merged', 'Merged', 1, 0, 6);
INSERT INTO priorities (code, name, standard, usual, position, reaction_minutes, alarm_minutes, execution_minutes) VALUES
    ('urgent', 'Urgent', 1, 0, 1, 30, 60, 120), ('high', 'High', 1, 0, 2, 60, 180, 240),
    ('normal', 'Normal', 1, 1, 3, 240, 1200, 1440), ('low', 'Low', 1, 0, 4, 480, 2400, 2880);
INSERT INTO break_types (code, name, standard, icon, max_minutes) VALUES
    ('lunch', 'Lunch', 1, 'utensils', 60), ('short', 'Short break', 1, 'coffee', 15),
    ('meeting', 'Meeting', 1, 'users', NULL), ('training', 'Training', 1, 'graduation-cap', NULL),
    ('desk', 'Paperwork', 1, 'clipboard-list', NULL);

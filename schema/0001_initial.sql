-- The state of one batch. Read schema/README.md for who writes what and when.
--
-- Times are milliseconds since 1970 (UTC) in columns named *_ms; 0 is "not yet" or "not known".
-- Empty text is "none". Booleans are 0 and 1. What is long and rarely read (manifest, spec, body)
-- has its own table, so that walking over a million tasks touches small rows only.

CREATE TABLE batch (              -- one row: what this file is about
  only            INTEGER PRIMARY KEY CHECK (only = 1),
  uuid            TEXT    NOT NULL,  -- part of every SessionId
  name            TEXT    NOT NULL,
  endpoint        TEXT    NOT NULL,  -- scheme://host[:port]; a run against another is refused
  sub_app_id      INTEGER NOT NULL,
  machine         TEXT    NOT NULL,  -- hashed machine id; a copy on another machine is noticed
  manifest_path   TEXT    NOT NULL,  -- absolute, for messages
  folder          TEXT    NOT NULL,  -- absolute; paths in `artifact` are relative to it
  output_dir      TEXT    NOT NULL,
  created_ms      INTEGER NOT NULL,
  server_mark_ms  INTEGER NOT NULL   -- highest Date header seen from the service; never falls
) STRICT;

CREATE TABLE manifest (           -- one row: the manifest as last read
  only  INTEGER PRIMARY KEY CHECK (only = 1),
  text  TEXT NOT NULL
) STRICT;

CREATE TABLE task (               -- one row per generation of a task
  key           INTEGER PRIMARY KEY,
  position      INTEGER NOT NULL,   -- order in the manifest, from 1
  id            TEXT    NOT NULL,
  generation    INTEGER NOT NULL CHECK (generation >= 1),
  current       INTEGER NOT NULL CHECK (current IN (0, 1)),  -- 0: replaced by a later generation
  listed        INTEGER NOT NULL CHECK (listed IN (0, 1)),   -- 0: no longer in the manifest
  state         TEXT    NOT NULL CHECK (state IN (
                  'pending',        -- may be submitted as soon as there is room
                  'blocked',        -- waits for another task's output
                  'submitting',     -- a send may be on the wire, or its outcome is looked up
                  'running',        -- accepted by the service
                  'waiting_retry',  -- will be submitted again at due_ms
                  'downloading',    -- generated, files are being fetched
                  'succeeded', 'failed',
                  'skipped',        -- a task it needs failed
                  'cancelled',
                  'lost')),         -- accepted or maybe accepted, and beyond finding
  due_ms        INTEGER NOT NULL,   -- waiting_retry: not before this
  priority      INTEGER NOT NULL,   -- high first
  kind          TEXT    NOT NULL CHECK (kind IN ('video', 'image')),
  model         TEXT    NOT NULL,
  version       TEXT    NOT NULL,
  fingerprint   TEXT    NOT NULL,   -- over everything that shapes the output
  attempts      INTEGER NOT NULL DEFAULT 0,  -- counted against limits.attempts
  submissions   INTEGER NOT NULL DEFAULT 0,  -- number of the newest submission
  concurrency_refusals INTEGER NOT NULL DEFAULT 0,  -- failed after acceptance for concurrency
  error_code    TEXT    NOT NULL DEFAULT '',  -- why it failed, or why it waits
  error_message TEXT    NOT NULL DEFAULT '',
  request_id    TEXT    NOT NULL DEFAULT '',  -- of the answer that decided last
  created_ms    INTEGER NOT NULL,
  submitted_ms  INTEGER NOT NULL DEFAULT 0,
  started_ms    INTEGER NOT NULL DEFAULT 0,
  finished_ms   INTEGER NOT NULL DEFAULT 0,
  downloaded_ms INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE UNIQUE INDEX task_generation ON task (id, generation);
CREATE UNIQUE INDEX task_current ON task (id) WHERE current = 1;
CREATE INDEX task_state_due ON task (state, due_ms);
CREATE INDEX task_order ON task (listed DESC, position);
-- The queue, apart for every model, so that a model that is full costs the others nothing.
CREATE INDEX task_ready ON task (model, version, priority DESC, position)
  WHERE state = 'pending' AND current = 1 AND listed = 1;

CREATE TABLE spec (               -- what a task asks for, fully expanded
  task  INTEGER PRIMARY KEY REFERENCES task (key),
  json  TEXT NOT NULL
) STRICT;

CREATE TABLE tag (                -- the tags in spec.json, for selecting
  task  INTEGER NOT NULL REFERENCES task (key),
  tag   TEXT    NOT NULL,
  PRIMARY KEY (task, tag)
) STRICT, WITHOUT ROWID;

CREATE TABLE submission (         -- one SessionId; made durable before its first send leaves
  key           INTEGER PRIMARY KEY,
  task          INTEGER NOT NULL REFERENCES task (key),
  number        INTEGER NOT NULL CHECK (number >= 1),  -- within the generation
  attempt       INTEGER NOT NULL,
  session_id    TEXT    NOT NULL UNIQUE,
  outcome       TEXT    NOT NULL CHECK (outcome IN (
                  'open',       -- not decided
                  'accepted',   -- the service gave a task id
                  'refused',    -- every send was refused
                  'lost')),     -- never found within the windows
  task_id       TEXT    NOT NULL DEFAULT '',  -- the service's
  ended         INTEGER NOT NULL DEFAULT 0 CHECK (ended IN (0, 1)),  -- accepted, seen to its end
  error_code    TEXT    NOT NULL DEFAULT '',
  error_message TEXT    NOT NULL DEFAULT '',
  created_ms    INTEGER NOT NULL,
  accepted_ms   INTEGER NOT NULL DEFAULT 0,
  UNIQUE (task, number),
  CHECK (outcome <> 'accepted' OR task_id <> '')
) STRICT;

-- Never pay twice: a generation has at most one submission that may still bring a result.
CREATE UNIQUE INDEX submission_live ON submission (task)
  WHERE outcome = 'open' OR (outcome = 'accepted' AND ended = 0);

CREATE TABLE body (               -- the request of a submission; repeats send these bytes
  submission  INTEGER PRIMARY KEY REFERENCES submission (key),
  body        TEXT NOT NULL
) STRICT;

CREATE TABLE send (               -- one create request on the wire
  key           INTEGER PRIMARY KEY,
  submission    INTEGER NOT NULL REFERENCES submission (key),
  sent_ms       INTEGER NOT NULL,            -- by our clock
  server_ms     INTEGER NOT NULL,            -- by the service's, as far as known then
  answered_ms   INTEGER NOT NULL DEFAULT 0,
  outcome       TEXT    NOT NULL CHECK (outcome IN ('unknown', 'accepted', 'refused')),
  error_code    TEXT    NOT NULL DEFAULT '',
  error_message TEXT    NOT NULL DEFAULT '',
  request_id    TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX send_submission ON send (submission);

CREATE TABLE artifact (           -- one output of a task
  task            INTEGER NOT NULL REFERENCES task (key),
  number          INTEGER NOT NULL CHECK (number >= 1),
  url             TEXT    NOT NULL,
  file_id         TEXT    NOT NULL,
  usage_type      TEXT    NOT NULL,
  media_type      TEXT    NOT NULL,
  expires_ms      INTEGER NOT NULL,  -- when the service deletes it
  expected_bytes  INTEGER NOT NULL,  -- as the service said; 0: it did not
  path            TEXT    NOT NULL,  -- relative to batch.folder, with '/'; empty until on disk
  bytes           INTEGER NOT NULL,
  sha256          TEXT    NOT NULL,
  content         TEXT    NOT NULL,  -- of outputs that have no URL
  PRIMARY KEY (task, number)
) STRICT;

CREATE TABLE journal (            -- how every task came to be where it is; only ever added to
  key         INTEGER PRIMARY KEY,
  at_ms       INTEGER NOT NULL,
  task        INTEGER NOT NULL REFERENCES task (key),
  from_state  TEXT    NOT NULL,
  to_state    TEXT    NOT NULL,      -- the same as from_state: a note
  why         TEXT    NOT NULL
) STRICT;

CREATE INDEX journal_task ON journal (task);

CREATE TRIGGER journal_is_not_changed BEFORE UPDATE ON journal
BEGIN
  SELECT RAISE(ABORT, 'the journal is only ever added to');
END;

CREATE TRIGGER journal_is_not_deleted BEFORE DELETE ON journal
BEGIN
  SELECT RAISE(ABORT, 'the journal is only ever added to');
END;

CREATE TABLE input (              -- local files sent with requests, once per content
  sha256      TEXT PRIMARY KEY,
  created_ms  INTEGER NOT NULL,
  content     BLOB    NOT NULL
) STRICT;

CREATE TABLE tally (              -- how many tasks are where; kept by the triggers below
  state    TEXT    NOT NULL,
  current  INTEGER NOT NULL,
  listed   INTEGER NOT NULL,
  kind     TEXT    NOT NULL,
  model    TEXT    NOT NULL,
  version  TEXT    NOT NULL,
  n        INTEGER NOT NULL CHECK (n >= 0),
  PRIMARY KEY (state, current, listed, kind, model, version)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER task_is_counted AFTER INSERT ON task
BEGIN
  INSERT INTO tally VALUES (NEW.state, NEW.current, NEW.listed, NEW.kind, NEW.model, NEW.version, 1)
    ON CONFLICT DO UPDATE SET n = n + 1;
END;

CREATE TRIGGER task_is_recounted
AFTER UPDATE OF state, current, listed, kind, model, version ON task
BEGIN
  UPDATE tally SET n = n - 1
    WHERE state = OLD.state AND current = OLD.current AND listed = OLD.listed
      AND kind = OLD.kind AND model = OLD.model AND version = OLD.version;
  INSERT INTO tally VALUES (NEW.state, NEW.current, NEW.listed, NEW.kind, NEW.model, NEW.version, 1)
    ON CONFLICT DO UPDATE SET n = n + 1;
END;

CREATE TRIGGER task_is_uncounted AFTER DELETE ON task
BEGIN
  UPDATE tally SET n = n - 1
    WHERE state = OLD.state AND current = OLD.current AND listed = OLD.listed
      AND kind = OLD.kind AND model = OLD.model AND version = OLD.version;
END;

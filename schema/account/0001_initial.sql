-- What all runs on one account share (a SecretId at an endpoint): account-HASH.db, beside the states
-- of the batches. Read schema/README.md. Losing it costs some learning, never money.
--
-- Columns *_us are microseconds since the machine booted (`boot` says which boot), *_ms are
-- milliseconds since 1970, 0 is "never". Rates are thousandths of a request a second.

CREATE TABLE boot (                -- one row: whose *_us these are
  only  INTEGER PRIMARY KEY CHECK (only = 1),
  id    TEXT    NOT NULL
) STRICT;

CREATE TABLE pace (                -- one kind of request
  action         TEXT    PRIMARY KEY CHECK (action IN ('create', 'query')),
  next_us        INTEGER NOT NULL,  -- none leaves before this
  hold_until_us  INTEGER NOT NULL,
  slowed_milli   INTEGER NOT NULL,  -- rate after a refusal; 0: not slowed
  refused_milli  INTEGER NOT NULL,  -- rate that was refused
  slowed_us      INTEGER NOT NULL,
  last_batch     TEXT    NOT NULL,  -- whose request left last
  reason         TEXT    NOT NULL,  -- why it was slowed last
  reason_ms      INTEGER NOT NULL
) STRICT;

CREATE TABLE start (               -- requests of the last second
  action  TEXT    NOT NULL,
  at_us   INTEGER NOT NULL,
  count   INTEGER NOT NULL,
  PRIMARY KEY (action, at_us)
) STRICT, WITHOUT ROWID;

CREATE TABLE room (                -- what max_in_flight: auto found out
  scope        TEXT    PRIMARY KEY, -- 'video', 'image', or with a model: 'video Kling/2.5'
  proved       INTEGER NOT NULL,    -- so many generate at once
  refused      INTEGER NOT NULL,    -- when there were so many, one more was refused
  refusals     INTEGER NOT NULL,    -- in a row
  probe_at_us  INTEGER NOT NULL,    -- no try of more before this
  reason       TEXT    NOT NULL,    -- of the last refusal
  reason_ms    INTEGER NOT NULL
) STRICT;

CREATE TABLE run (                 -- the newest run of a batch; it lives while NAME.lock is held
  batch          TEXT    PRIMARY KEY,
  changed_us     INTEGER NOT NULL,
  max_in_flight  INTEGER NOT NULL,  -- 0: auto
  submit_milli   INTEGER NOT NULL,
  poll_milli     INTEGER NOT NULL,
  wants_video    INTEGER NOT NULL CHECK (wants_video IN (0, 1)),  -- a task waits for a slot
  wants_image    INTEGER NOT NULL CHECK (wants_image IN (0, 1)),
  waits_pace     INTEGER NOT NULL CHECK (waits_pace IN (0, 1)),   -- … or for its turn to leave
  priority       INTEGER NOT NULL,  -- of the first task that waits
  wanted_us      INTEGER NOT NULL,  -- when that was said last
  busy_ms        INTEGER NOT NULL,  -- slot-time used, and what could have been: slot use
  possible_ms    INTEGER NOT NULL
) STRICT;

CREATE TABLE held (                -- slots that a run holds
  batch    TEXT    NOT NULL REFERENCES run (batch),
  kind     TEXT    NOT NULL CHECK (kind IN ('video', 'image')),
  model    TEXT    NOT NULL,
  version  TEXT    NOT NULL,
  tasks    INTEGER NOT NULL,
  PRIMARY KEY (batch, kind, model, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE timing (              -- how long tasks of a class took: when to look at the next ones
  class   TEXT    NOT NULL,        -- kind, model, version, duration, resolution
  step    INTEGER NOT NULL,        -- took up to 1.01^step milliseconds
  weight  REAL    NOT NULL,        -- how many did; old ones count less
  PRIMARY KEY (class, step)
) STRICT, WITHOUT ROWID;

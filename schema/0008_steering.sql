-- What people set of a batch while it is under way: `set` and `pause`. Every run obeys it, until it
-- is taken back.

CREATE TABLE setting (            -- a limit in place of the manifest's
  name   TEXT    PRIMARY KEY,     -- as under `limits`: 'submit_rate', 'per_model.Kling'
  value  TEXT    NOT NULL,        -- as written there: '5', '2h', 'auto'
  at_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What is not on disk yet, by when the service deletes it: looked at every few minutes of a run.
CREATE INDEX artifact_away ON artifact (expires_ms) WHERE path = '' AND url <> '';

CREATE TABLE pause (              -- nothing of it is submitted
  model     TEXT    PRIMARY KEY,  -- 'Kling' or 'Kling/2.1'; empty: the whole batch
  since_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a task waits for before it may be submitted: results of other tasks of this batch (its
-- `task:ID` sources and `depends_on`), and local files that must be with the service first.

CREATE TABLE need (
  task  INTEGER NOT NULL REFERENCES task (key),          -- the generation that waits
  kind  TEXT    NOT NULL CHECK (kind IN ('task', 'file')),
  name  TEXT    NOT NULL,           -- of a task: its id; of a file: the hash of its content
  met   INTEGER NOT NULL CHECK (met IN (0, 1)),
  PRIMARY KEY (task, kind, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX need_name ON need (kind, name, met);  -- who waits for it

-- Tasks that others wait for come before others of their priority.
ALTER TABLE task ADD COLUMN awaited INTEGER NOT NULL DEFAULT 0 CHECK (awaited IN (0, 1));
ALTER TABLE task ADD COLUMN rank INTEGER AS (2 * priority + awaited) VIRTUAL;

CREATE INDEX task_awaited ON task (id) WHERE awaited = 1;

DROP INDEX task_ready;
CREATE INDEX task_ready ON task (model, version, rank DESC, position)
  WHERE state = 'pending' AND current = 1 AND listed = 1;

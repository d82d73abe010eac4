-- What people ask of a batch while it is under way: `cancel`, `retry` and the like, from any
-- terminal.

CREATE TABLE wish (               -- asked of a task that is with the service; carried out by a run
  task      INTEGER PRIMARY KEY REFERENCES task (key),
  what      TEXT    NOT NULL CHECK (what IN ('cancel')),
  asked_ms  INTEGER NOT NULL
) STRICT;

-- A wish lives as long as what it is about. Whoever puts the task back in the queue wants it.
CREATE TRIGGER wish_is_over AFTER UPDATE OF state ON task
WHEN NEW.state IN ('pending', 'succeeded', 'failed', 'skipped', 'cancelled', 'lost')
BEGIN
  DELETE FROM wish WHERE task = NEW.key;
END;

-- Each command that was carried out, written in the transaction that did it: a command file that
-- outlives a killed run is never carried out twice.
CREATE TABLE command (
  id       TEXT    PRIMARY KEY,
  at_ms    INTEGER NOT NULL,      -- when it was carried out
  text     TEXT    NOT NULL,      -- the command file
  outcome  TEXT    NOT NULL       -- what it came to: "cancelled 3" and so on, a line each
) STRICT;

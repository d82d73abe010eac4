-- A task whose request stands under another id in the manifest moves there with its result. What
-- remains is the number of the newest generation that was ever sent under the old id, so that
-- SessionIds and file names of that id are never used a second time.
CREATE TABLE vacated (
  id          TEXT    PRIMARY KEY,
  generation  INTEGER NOT NULL CHECK (generation >= 1)
) STRICT, WITHOUT ROWID;

-- As before, in a form that needs no copy of every page it touches: a planning that adds a million
-- tasks counts each of them.
DROP TRIGGER task_is_counted;
CREATE TRIGGER task_is_counted AFTER INSERT ON task
BEGIN
  UPDATE tally SET n = n + 1
    WHERE state = NEW.state AND current = NEW.current AND listed = NEW.listed
      AND kind = NEW.kind AND model = NEW.model AND version = NEW.version;
  INSERT INTO tally
    SELECT NEW.state, NEW.current, NEW.listed, NEW.kind, NEW.model, NEW.version, 1
    WHERE NOT EXISTS (SELECT 1 FROM tally
      WHERE state = NEW.state AND current = NEW.current AND listed = NEW.listed
        AND kind = NEW.kind AND model = NEW.model AND version = NEW.version);
END;

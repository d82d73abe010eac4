-- Local files that are uploaded before the tasks that use them: once per content for the whole
-- batch (a state belongs to one application of the service). Files that go inside requests are in
-- `input`.

CREATE TABLE upload (
  sha256       TEXT PRIMARY KEY,  -- of the content, lower-case hex
  path         TEXT    NOT NULL,  -- absolute, where it was found last; read until it is uploaded
  bytes        INTEGER NOT NULL,
  media_type   TEXT    NOT NULL,  -- 'png', 'mp4'
  file_id      TEXT    NOT NULL DEFAULT '',  -- the service's; empty: not there
  uploaded_ms  INTEGER NOT NULL DEFAULT 0,
  expires_ms   INTEGER NOT NULL DEFAULT 0,   -- when the service deletes it; 0: never
  renewals     INTEGER NOT NULL DEFAULT 0    -- how often the service had forgotten it too early
) STRICT, WITHOUT ROWID;

-- What the batch costs, as estimated. Amounts are millionths of the currency's unit (*_micros);
-- NULL is "not known", which is not 0.

-- What one submission of the task would cost, as of the last planning.
ALTER TABLE task ADD COLUMN estimate_micros INTEGER CHECK (estimate_micros >= 0);

CREATE TABLE money (              -- one row
  only             INTEGER PRIMARY KEY CHECK (only = 1),
  currency         TEXT    NOT NULL,  -- of every amount in this file; empty until prices are known
  source           TEXT    NOT NULL,  -- which prices the estimates are from: another one, other estimates
  verified         INTEGER NOT NULL CHECK (verified IN (0, 1)),  -- 0: some came from the catalog
  budget_micros    INTEGER CHECK (budget_micros > 0),            -- of the last run; NULL: none
  allow_unpriced   INTEGER NOT NULL CHECK (allow_unpriced IN (0, 1)),
  -- Sums over `charge`, kept by the triggers below:
  reserved_micros  INTEGER NOT NULL CHECK (reserved_micros >= 0),
  spent_micros     INTEGER NOT NULL CHECK (spent_micros >= 0),
  unpriced         INTEGER NOT NULL CHECK (unpriced >= 0)  -- how many have no known amount
) STRICT;
INSERT INTO money VALUES (1, '', '', 1, NULL, 0, 0, 0, 0);

CREATE TABLE charge (             -- what a submission may cost
  submission  INTEGER PRIMARY KEY REFERENCES submission (key),
  micros      INTEGER CHECK (micros >= 0),  -- the task's estimate when it was sent; NULL: unknown
  status      TEXT    NOT NULL CHECK (status IN (
                'reserved',       -- sent and not decided, or generating, or lost
                'spent',          -- generated, or failed and counted
                'released'))      -- refused, or failed and free
) STRICT;

CREATE TRIGGER charge_is_summed AFTER INSERT ON charge
BEGIN
  UPDATE money SET
    reserved_micros = reserved_micros + iif(NEW.status = 'reserved', coalesce(NEW.micros, 0), 0),
    spent_micros = spent_micros + iif(NEW.status = 'spent', coalesce(NEW.micros, 0), 0),
    unpriced = unpriced + (NEW.micros IS NULL AND NEW.status <> 'released');
END;

CREATE TRIGGER charge_is_summed_again AFTER UPDATE ON charge
BEGIN
  UPDATE money SET
    reserved_micros = reserved_micros - iif(OLD.status = 'reserved', coalesce(OLD.micros, 0), 0)
                                      + iif(NEW.status = 'reserved', coalesce(NEW.micros, 0), 0),
    spent_micros = spent_micros - iif(OLD.status = 'spent', coalesce(OLD.micros, 0), 0)
                                + iif(NEW.status = 'spent', coalesce(NEW.micros, 0), 0),
    unpriced = unpriced - (OLD.micros IS NULL AND OLD.status <> 'released')
                        + (NEW.micros IS NULL AND NEW.status <> 'released');
END;

CREATE TRIGGER charge_is_not_deleted BEFORE DELETE ON charge
BEGIN
  SELECT RAISE(ABORT, 'a charge is released, never deleted');
END;

-- What was sent before prices were kept.
INSERT INTO charge (submission, micros, status)
  SELECT key, NULL, CASE WHEN outcome = 'refused' THEN 'released'
                         WHEN outcome = 'accepted' AND ended = 1 THEN 'spent'
                         ELSE 'reserved' END
  FROM submission;

-- What only waits for its turn is found by task_ready; a million such rows need not be sorted by
-- their state as well.
DROP INDEX task_state_due;
CREATE INDEX task_state_due ON task (state, due_ms) WHERE state <> 'pending';

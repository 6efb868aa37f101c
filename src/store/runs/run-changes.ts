/** What goes with every change of runs, in the same statement: its time and their log. */

/**
 * The time of a change: that of the database, so that all processes agree, but never before the newest message of the
 * run, also where the clock was set back. In `set` clauses the columns have their values from before. Runs of earlier
 * versions have no `last_at`.
 */
export const TIME_OF_CHANGE =
  "greatest(last_at, started_at, created_at, date_trunc('milliseconds', statement_timestamp()))";

/** The status message of the runs in `changed`, as their newest message. */
export const LOG_STATUS = `insert into run_messages (run_id, seq, type, step, at, body)
  select id, last_seq, 'status', (progress->>'step')::int, last_at, jsonb_build_object(
    'status', status, 'progress', progress, 'summary', summary, 'error', error, 'attempt', attempt, 'engine', engine) from changed`;

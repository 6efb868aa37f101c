-- Runs that failed are looked for by why. Few have an error.
CREATE INDEX "runs_error_code_idx" ON "runs"(("error"->>'code'), "id") WHERE "error" IS NOT NULL;

-- The planner knows nothing of expressions of new indexes before.
ANALYZE "runs";
ANALYZE "run_specs";
ANALYZE "run_figures";

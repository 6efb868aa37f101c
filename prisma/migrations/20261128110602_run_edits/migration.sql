-- The transaction in which a run ended; null: before this column was there. All that are older than any transaction still
-- open are there to stay, so that what is computed of them can be kept.
ALTER TABLE "run_figures" ADD COLUMN "ended_in" XID8;
ALTER TABLE "run_figures" ALTER COLUMN "ended_in" SET DEFAULT pg_current_xact_id();
CREATE INDEX "run_figures_ended_in_idx" ON "run_figures"("ended_in");

-- The transactions that changed runs in a way that may concern those that have ended: their labels, what they belong to, or
-- whether they are there.
CREATE TABLE "run_edits" (
    "id" BIGSERIAL NOT NULL,
    "made_in" XID8 NOT NULL DEFAULT pg_current_xact_id(),

    CONSTRAINT "run_edits_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "run_edits_made_in_idx" ON "run_edits"("made_in");

-- Old notes go as new ones come: whoever kept something finds that its newest note is another one.
CREATE FUNCTION "note_run_edit"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    noted BIGINT;
BEGIN
    INSERT INTO "run_edits" DEFAULT VALUES RETURNING "id" INTO noted;
    DELETE FROM "run_edits" WHERE "id" IN (
        SELECT "id" FROM "run_edits" WHERE "id" < noted - 1000 ORDER BY "id" LIMIT 10 FOR UPDATE SKIP LOCKED);
    RETURN NULL;
END
$$;
CREATE TRIGGER "runs_edited" AFTER UPDATE OF "name", "experiment", "tags", "notes", "metadata", "spec", "project_id", "created_by", "parent_id", "trials_id"
    ON "runs" FOR EACH STATEMENT EXECUTE FUNCTION "note_run_edit"();
CREATE TRIGGER "runs_deleted" AFTER DELETE ON "runs" FOR EACH STATEMENT EXECUTE FUNCTION "note_run_edit"();

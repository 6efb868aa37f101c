-- The neurons of large networks, a few thousand per row, so that a page of them is a small read.
CREATE TABLE "verdict_parts" (
    "run_id" TEXT NOT NULL,
    "step" INTEGER NOT NULL,
    "layer" SMALLINT NOT NULL,
    "first" INTEGER NOT NULL,
    "neurons" INTEGER NOT NULL,
    "data" BYTEA NOT NULL,

    CONSTRAINT "verdict_parts_pkey" PRIMARY KEY ("run_id", "step", "layer", "first")
);

ALTER TABLE "verdict_parts" ADD CONSTRAINT "verdict_parts_run_id_step_fkey" FOREIGN KEY ("run_id", "step") REFERENCES "verdicts"("run_id", "step") ON DELETE CASCADE ON UPDATE CASCADE;

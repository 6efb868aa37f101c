-- Metrics at coarser levels, so that a read takes as long for any number of steps. Runs that have metrics already go on
-- without them.
ALTER TABLE "run_messages" ADD COLUMN "kind" SMALLINT;

CREATE INDEX "run_messages_run_id_kind_seq_idx" ON "run_messages"("run_id", "kind", "seq") WHERE "kind" IS NOT NULL;

CREATE TABLE "metric_kinds" (
    "run_id" TEXT NOT NULL,
    "kind" SMALLINT NOT NULL,
    "keys" TEXT NOT NULL,
    "every" INTEGER,
    "is_uniform" BOOLEAN NOT NULL,
    "is_ascending" BOOLEAN NOT NULL,
    "points" INTEGER NOT NULL,
    "first_step" INTEGER NOT NULL,
    "last_step" INTEGER NOT NULL,
    "first_seq" INTEGER NOT NULL,
    "last_seq" INTEGER NOT NULL,
    "blocks" INTEGER NOT NULL,
    "block_points" INTEGER NOT NULL,
    "block_seq" INTEGER NOT NULL,

    CONSTRAINT "metric_kinds_pkey" PRIMARY KEY ("run_id", "kind")
);

CREATE TABLE "metric_levels" (
    "run_id" TEXT NOT NULL,
    "kind" SMALLINT NOT NULL,
    "level" SMALLINT NOT NULL,
    "from_step" INTEGER NOT NULL,
    "to_step" INTEGER NOT NULL,
    "first_seq" INTEGER NOT NULL,
    "last_seq" INTEGER NOT NULL,
    "points" INTEGER NOT NULL,
    "buckets" INTEGER NOT NULL,
    "data" BYTEA NOT NULL,

    CONSTRAINT "metric_levels_pkey" PRIMARY KEY ("run_id", "kind", "level", "from_step")
);

-- Columns are cut out of them, which would unpack all of a compressed value.
ALTER TABLE "metric_levels" ALTER COLUMN "data" SET STORAGE EXTERNAL;

ALTER TABLE "metric_kinds" ADD CONSTRAINT "metric_kinds_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE "metric_levels" ADD CONSTRAINT "metric_levels_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

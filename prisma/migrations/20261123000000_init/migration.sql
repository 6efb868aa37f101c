-- CreateEnum
CREATE TYPE "run_status" AS ENUM ('queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled');

-- CreateEnum
CREATE TYPE "message_type" AS ENUM ('status', 'metrics', 'event', 'snapshot', 'checkpoint');

-- CreateEnum
CREATE TYPE "stop_request" AS ENUM ('pause', 'cancel');

-- CreateTable
CREATE TABLE "runs" (
    "id" TEXT NOT NULL,
    "status" "run_status" NOT NULL DEFAULT 'queued',
    "name" TEXT NOT NULL,
    "experiment" TEXT NOT NULL,
    "tags" TEXT[],
    "notes" TEXT NOT NULL,
    "metadata" JSON NOT NULL,
    "spec" JSON NOT NULL,
    "bulk_bytes" INTEGER,
    "priority" INTEGER NOT NULL DEFAULT 0,
    "engine" JSON,
    "progress" JSON NOT NULL,
    "summary" JSONB NOT NULL DEFAULT '{}',
    "error" JSONB,
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "worker_id" TEXT,
    "heartbeat_at" TIMESTAMPTZ(3),
    "request" "stop_request",
    "furthest_step" INTEGER NOT NULL DEFAULT 0,
    "stalled_attempts" INTEGER NOT NULL DEFAULT 0,
    "last_seq" INTEGER NOT NULL DEFAULT 0,
    "snapshots" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "runs_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "run_messages" (
    "run_id" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "type" "message_type" NOT NULL,
    "step" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "body" JSONB,
    "data" BYTEA,

    CONSTRAINT "run_messages_pkey" PRIMARY KEY ("run_id","seq")
);

-- CreateTable
CREATE TABLE "run_parts" (
    "run_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "part" INTEGER NOT NULL,
    "data" BYTEA NOT NULL,

    CONSTRAINT "run_parts_pkey" PRIMARY KEY ("run_id","name","part")
);

-- CreateTable
CREATE TABLE "checkpoints" (
    "run_id" TEXT NOT NULL,
    "step" INTEGER NOT NULL,
    "epoch" INTEGER NOT NULL,
    "bytes" INTEGER NOT NULL,
    "is_final" BOOLEAN NOT NULL,
    "state_name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "checkpoints_pkey" PRIMARY KEY ("run_id","step")
);

-- CreateTable
CREATE TABLE "verdicts" (
    "run_id" TEXT NOT NULL,
    "step" INTEGER NOT NULL,
    "data" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "verdicts_pkey" PRIMARY KEY ("run_id","step")
);

-- CreateTable
CREATE TABLE "datasets" (
    "id" TEXT NOT NULL,
    "name" TEXT,
    "task" TEXT NOT NULL,
    "samples" INTEGER NOT NULL,
    "features" INTEGER NOT NULL,
    "outputs" INTEGER NOT NULL,
    "target_values" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "datasets_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "dataset_parts" (
    "dataset_id" TEXT NOT NULL,
    "part" INTEGER NOT NULL,
    "data" BYTEA NOT NULL,

    CONSTRAINT "dataset_parts_pkey" PRIMARY KEY ("dataset_id","part")
);

-- CreateTable
CREATE TABLE "answers" (
    "key" TEXT NOT NULL,
    "body_hash" TEXT NOT NULL,
    "status" INTEGER,
    "body" BYTEA,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "answers_pkey" PRIMARY KEY ("key")
);

-- CreateIndex
CREATE INDEX "runs_created_at_id_idx" ON "runs"("created_at", "id");

-- CreateIndex
CREATE INDEX "runs_status_created_at_id_idx" ON "runs"("status", "created_at", "id");

-- CreateIndex
CREATE INDEX "runs_experiment_created_at_id_idx" ON "runs"("experiment", "created_at", "id");

-- CreateIndex
CREATE INDEX "runs_tags_idx" ON "runs" USING GIN ("tags");

-- CreateIndex
CREATE INDEX "run_messages_run_id_type_seq_idx" ON "run_messages"("run_id", "type", "seq");

-- CreateIndex
CREATE INDEX "datasets_created_at_id_idx" ON "datasets"("created_at", "id");

-- CreateIndex
CREATE INDEX "answers_created_at_idx" ON "answers"("created_at");

-- AddForeignKey
ALTER TABLE "run_messages" ADD CONSTRAINT "run_messages_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "run_parts" ADD CONSTRAINT "run_parts_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "checkpoints" ADD CONSTRAINT "checkpoints_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "verdicts" ADD CONSTRAINT "verdicts_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "dataset_parts" ADD CONSTRAINT "dataset_parts_dataset_id_fkey" FOREIGN KEY ("dataset_id") REFERENCES "datasets"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Readers cut columns out of metrics, and snapshots are read whole: neither gains by compression in the database.
ALTER TABLE "run_messages" ALTER COLUMN "data" SET STORAGE EXTERNAL;

-- The parts are float32 or already deflated: compressing them costs time and wins nothing.
ALTER TABLE "run_parts" ALTER COLUMN "data" SET STORAGE EXTERNAL;
ALTER TABLE "dataset_parts" ALTER COLUMN "data" SET STORAGE EXTERNAL;

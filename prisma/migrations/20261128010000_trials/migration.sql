-- CreateEnum
CREATE TYPE "trials_status" AS ENUM ('running', 'finished', 'cancelled');

-- AlterTable
ALTER TABLE "runs" ADD COLUMN "trial" INTEGER,
ADD COLUMN "trials_id" TEXT;

-- CreateTable
CREATE TABLE "trials" (
    "id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "status" "trials_status" NOT NULL DEFAULT 'running',
    "plan" JSON NOT NULL,
    "results" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "trials_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "trials_run_id_key" ON "trials"("run_id");

-- CreateIndex
CREATE INDEX "trials_status_idx" ON "trials"("status");

-- CreateIndex
CREATE UNIQUE INDEX "runs_trials_id_trial_key" ON "runs"("trials_id", "trial");

-- AddForeignKey
ALTER TABLE "runs" ADD CONSTRAINT "runs_trials_id_fkey" FOREIGN KEY ("trials_id") REFERENCES "trials"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "trials" ADD CONSTRAINT "trials_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AlterTable
ALTER TABLE "runs" ADD COLUMN     "last_at" TIMESTAMPTZ(3);

-- Runs are claimed in this order. It also says who has how many waiting or running, as the index did that it replaces.
-- DropIndex
DROP INDEX "runs_status_project_id_created_by_idx";

-- CreateIndex
CREATE INDEX "runs_status_project_id_priority_created_at_id_created_by_idx" ON "runs"("status", "project_id", "priority" DESC, "created_at", "id", "created_by");

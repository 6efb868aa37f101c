-- AlterTable
ALTER TABLE "projects" ADD COLUMN     "served_at" TIMESTAMPTZ(3);

-- CreateIndex
CREATE INDEX "runs_status_project_id_created_by_idx" ON "runs"("status", "project_id", "created_by");


-- AlterTable
ALTER TABLE "runs" ADD COLUMN "change" JSON NOT NULL DEFAULT '[]',
ADD COLUMN "parent_id" TEXT;

-- CreateIndex
CREATE INDEX "runs_parent_id_created_at_id_idx" ON "runs"("parent_id", "created_at", "id");

-- AddForeignKey
ALTER TABLE "runs" ADD CONSTRAINT "runs_parent_id_fkey" FOREIGN KEY ("parent_id") REFERENCES "runs"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AlterTable
ALTER TABLE "deliveries" ADD COLUMN     "failures" INTEGER NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "run_endings" (
    "run_id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "run_endings_pkey" PRIMARY KEY ("run_id")
);

-- CreateIndex
CREATE INDEX "run_endings_at_idx" ON "run_endings"("at");

-- AddForeignKey
ALTER TABLE "run_endings" ADD CONSTRAINT "run_endings_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runs"("id") ON DELETE CASCADE ON UPDATE CASCADE;


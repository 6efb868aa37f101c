-- AlterTable
ALTER TABLE "checkpoints" ADD COLUMN "is_best" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "datasets" ADD COLUMN "source" TEXT;

-- AlterTable
ALTER TABLE "runs" ADD COLUMN "evaluation" JSON;

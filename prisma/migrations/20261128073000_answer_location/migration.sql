-- Where what a kept response speaks of can be found: its header Location.
-- AlterTable
ALTER TABLE "answers" ADD COLUMN "location" TEXT;

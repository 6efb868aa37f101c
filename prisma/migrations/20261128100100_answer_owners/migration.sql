-- A request whose process is gone is known by it, and what it had made is found again.
-- AlterTable
ALTER TABLE "answers" ADD COLUMN     "made" TEXT,
ADD COLUMN     "owner" TEXT;

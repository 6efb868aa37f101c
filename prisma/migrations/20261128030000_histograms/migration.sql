-- AlterTable
ALTER TABLE "verdicts" ADD COLUMN "histograms" BYTEA;

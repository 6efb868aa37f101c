-- AlterTable
ALTER TABLE "runs" ADD COLUMN "data_hash" TEXT,
ADD COLUMN "weights_hash" TEXT;

-- CreateTable
CREATE TABLE "blobs" (
    "hash" TEXT NOT NULL,
    "content" JSON NOT NULL,
    "bytes" INTEGER NOT NULL,
    "is_whole" BOOLEAN NOT NULL DEFAULT false,
    "touched_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "blobs_pkey" PRIMARY KEY ("hash")
);

-- CreateTable
CREATE TABLE "blob_parts" (
    "hash" TEXT NOT NULL,
    "part" INTEGER NOT NULL,
    "data" BYTEA NOT NULL,

    CONSTRAINT "blob_parts_pkey" PRIMARY KEY ("hash","part")
);

-- CreateIndex
CREATE INDEX "runs_data_hash_idx" ON "runs"("data_hash");

-- CreateIndex
CREATE INDEX "runs_weights_hash_idx" ON "runs"("weights_hash");

-- AddForeignKey
ALTER TABLE "runs" ADD CONSTRAINT "runs_data_hash_fkey" FOREIGN KEY ("data_hash") REFERENCES "blobs"("hash") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "runs" ADD CONSTRAINT "runs_weights_hash_fkey" FOREIGN KEY ("weights_hash") REFERENCES "blobs"("hash") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "blob_parts" ADD CONSTRAINT "blob_parts_hash_fkey" FOREIGN KEY ("hash") REFERENCES "blobs"("hash") ON DELETE CASCADE ON UPDATE CASCADE;


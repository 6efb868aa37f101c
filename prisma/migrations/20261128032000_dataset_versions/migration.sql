-- AlterTable
ALTER TABLE "datasets" ADD COLUMN "content" BYTEA,
ADD COLUMN "content_hash" TEXT,
ADD COLUMN "is_whole" BOOLEAN NOT NULL DEFAULT true,
ADD COLUMN "touched_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "runs" ADD COLUMN "dataset_id" TEXT,
ADD COLUMN "dataset_version" INTEGER;

-- CreateTable
CREATE TABLE "dataset_versions" (
    "dataset_id" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "hash" TEXT NOT NULL,
    "recipe" JSON NOT NULL,
    "counts" JSON NOT NULL,
    "warnings" JSON NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "dataset_versions_pkey" PRIMARY KEY ("dataset_id","version")
);

-- CreateIndex
CREATE INDEX "datasets_name_created_at_id_idx" ON "datasets"("name", "created_at", "id");

-- CreateIndex
CREATE INDEX "runs_dataset_id_dataset_version_idx" ON "runs"("dataset_id", "dataset_version");

-- AddForeignKey
ALTER TABLE "dataset_versions" ADD CONSTRAINT "dataset_versions_dataset_id_fkey" FOREIGN KEY ("dataset_id") REFERENCES "datasets"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What runs were trained on so far is version 1 of their data set.
-- As text, because a spec may have escapes that no operator reads; in a string, quotes have a backslash before them.
UPDATE "runs" SET "dataset_id" = substring("spec"::text from '"id"\s*:\s*"(dataset_[0-9a-z]{26})"'), "dataset_version" = 1
WHERE "spec"::text ~ '"id"\s*:\s*"dataset_[0-9a-z]{26}"';

-- Data sets of earlier releases have no names: x1, x2 ... are their inputs, or x for all of them if there are many, and
-- y, or y1, y2 ..., their targets. How often each class occurs is not known.
UPDATE "datasets" SET "content_hash" = (
  SELECT encode(sha256(string_agg("data", ''::bytea ORDER BY "part")), 'hex') FROM "dataset_parts" WHERE "dataset_id" = "id"
);
INSERT INTO "dataset_versions" ("dataset_id", "version", "hash", "recipe", "counts", "warnings", "created_at")
SELECT "id", 1, 'sha256:' || coalesce("content_hash", ''),
  json_build_object('task', "task", 'columns', (
    SELECT json_agg("column" ORDER BY "place") FROM (
      SELECT i AS "place", json_build_object('name', 'x' || i, 'kind', 'numeric', 'role', 'input', 'width', 1, 'missing', 0, 'distinct', null) AS "column"
        FROM generate_series(1, "features") i WHERE "features" <= 256
      UNION ALL SELECT 0, json_build_object('name', 'x', 'kind', 'numeric', 'role', 'input', 'width', "features", 'missing', 0, 'distinct', null)
        WHERE "features" > 256
      UNION ALL SELECT "features" + 1, json_build_object('name', 'y', 'kind', 'categorical', 'role', 'target', 'width', 1, 'missing', 0, 'distinct', "outputs",
          'categories', (SELECT json_agg((k - 1)::text ORDER BY k) FROM generate_series(1, "outputs") k))
        WHERE "task" = 'classification'
      UNION ALL SELECT "features" + i, json_build_object('name', CASE WHEN "outputs" = 1 THEN 'y' ELSE 'y' || i END, 'kind', 'numeric', 'role', 'target', 'width', 1, 'missing', 0, 'distinct', null)
        FROM generate_series(1, "outputs") i WHERE "task" <> 'classification'
    ) columns
  ), 'split', json_build_object('by', 'share')),
  json_build_object('samples', "samples", 'features', "features", 'outputs', "outputs", 'classes', CASE
    WHEN "task" = 'classification' THEN (SELECT json_agg(json_build_object('name', (k - 1)::text, 'count', null) ORDER BY k) FROM generate_series(1, "outputs") k)
    WHEN "task" = 'multilabel' THEN (SELECT json_agg(json_build_object('name', CASE WHEN "outputs" = 1 THEN 'y' ELSE 'y' || k END, 'count', null) ORDER BY k) FROM generate_series(1, "outputs") k)
  END, 'parts', null),
  '[]', "created_at"
FROM "datasets";

-- CreateEnum
CREATE TYPE "run_source" AS ENUM ('trained');

-- AlterTable
ALTER TABLE "runs" ADD COLUMN "source" "run_source" NOT NULL DEFAULT 'trained';

-- AlterTable
ALTER TABLE "answers" ADD COLUMN "scope" TEXT;

-- The answers kept so far do not say which route they came from. Each is kept for every route that can have given it;
-- the hash of its request then decides whether it answers a repeated one, and a key stays taken where it was taken.
ALTER TABLE "answers" DROP CONSTRAINT "answers_pkey";
INSERT INTO "answers" ("scope", "key", "body_hash", "status", "body", "created_at")
SELECT "route"."scope", "key", "body_hash", "status", "body", "created_at" FROM "answers"
JOIN (VALUES
    ('open POST /v1/runs', 200), ('open POST /v1/runs', 201), ('open POST /v1/datasets', 201),
    ('open POST /v1/runs/:id/cancel', 200), ('open POST /v1/runs/:id/pause', 200),
    ('open POST /v1/runs/:id/resume', 200), ('open POST /v1/runs/:id/predict', 200)
) AS "route" ("scope", "status") USING ("status");
-- What is left was being answered when its process ended, and was not kept yet.
DELETE FROM "answers" WHERE "scope" IS NULL;

ALTER TABLE "answers" ALTER COLUMN "scope" SET NOT NULL, ADD CONSTRAINT "answers_pkey" PRIMARY KEY ("scope", "key");

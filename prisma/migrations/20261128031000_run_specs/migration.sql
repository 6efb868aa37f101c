-- The spec of every run in a form that is quick to search and to sort by, without its labels.
CREATE TABLE "run_specs" (
    "run_id" TEXT NOT NULL,
    "searchable" JSONB NOT NULL,
    "words" TEXT NOT NULL,

    CONSTRAINT "run_specs_pkey" PRIMARY KEY ("run_id")
);

ALTER TABLE "run_specs" ADD CONSTRAINT "run_specs_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Plain JSON can contain U+0000 and halves of surrogate pairs, jsonb cannot.
WITH readable AS (
    SELECT "id", regexp_replace("spec"::text, '\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})', '\ufffd', 'g')::jsonb
        - '{name,experiment,tags,notes,metadata}'::text[] AS "spec" FROM "runs"
), filled AS (
    SELECT "id", "spec" || jsonb_build_object('dataset', '{"normalizeTargets": "none"}'::jsonb || coalesce("spec"->'dataset', '{}')) AS "spec" FROM readable
)
INSERT INTO "run_specs" ("run_id", "searchable", "words")
SELECT "id", "spec", coalesce((SELECT string_agg(value #>> '{}', ' ')
    FROM jsonb_path_query("spec", 'strict $.** ? (@.type() == "string" || @.type() == "number")') AS value), '')
FROM filled;

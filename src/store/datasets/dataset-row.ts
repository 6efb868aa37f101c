/** A version of a data set as it is in the database, and as the API describes it. */
import type { DatasetInfo, DataWarning, PersonName, Recipe, RecipeCounts } from '../../vocabulary/index.ts';
import { CREATED_BY } from '../postgres/origin.ts';

export interface DatasetRow {
  id: string;
  project: string | null;
  createdBy: PersonName | null;
  name: string | null;
  createdAt: Date;
  version: number;
  hash: string;
  recipe: Recipe;
  counts: RecipeCounts;
  warnings: DataWarning[];
  /** `bigint` comes as text. */
  runs: string;
}

/** What was read from files of DATASETS_DIR belongs to nobody. */
export const DATASET_COLUMNS = `d.id, case when d.source is null then d.project_id end as project, ${CREATED_BY}, d.name,
    d.created_at as "createdAt", v.version, v.hash, v.recipe, v.counts, v.warnings`;

/**
 * Data sets in sight that are whole, with one of their versions. `$1` is a version; null: the newest. `$2`: the projects in
 * sight, null for all. Conditions on `d` and an order follow.
 */
export const SELECT_DATASETS = `
  select ${DATASET_COLUMNS}, (select count(*) from runs where runs.dataset_id = d.id
    and ($2::text[] is null or runs.project_id = any($2))) as runs
  from datasets d join dataset_versions v on v.dataset_id = d.id
    and v.version = coalesce($1::int, (select max(version) from dataset_versions where dataset_id = d.id))
  where d.is_whole and ($2::text[] is null or d.source is not null or d.project_id = any($2))`;

export function toInfo({
  id,
  project,
  createdBy,
  name,
  createdAt,
  version,
  hash,
  recipe,
  counts,
  warnings,
  runs,
}: DatasetRow): DatasetInfo {
  const { samples, features, outputs, classes, parts } = counts;
  return {
    object: 'dataset',
    id,
    project,
    createdBy,
    ...(name !== null && { name }),
    kind: 'uploaded',
    version,
    hash,
    task: recipe.task,
    samples,
    features,
    outputs,
    ...(parts && {
      trainingSamples: parts.training,
      validationSamples: parts.validation,
      testSamples: parts.test,
    }),
    columns: recipe.columns,
    classes: classes?.map((one) => one.name) ?? null,
    split: recipe.split,
    warnings,
    description: 'Uploaded.',
    createdAt: createdAt.toISOString(),
    runs: Number(runs),
  };
}

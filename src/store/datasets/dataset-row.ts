/** A version of a data set as it is in the database, and as the API describes it. */
import type { DatasetInfo, DataWarning, Recipe, RecipeCounts } from '../../vocabulary/index.ts';

export interface DatasetRow {
  id: string;
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

/**
 * Data sets that are whole, with one of their versions. `$1` is a version; null: the newest. Conditions on `d` and an
 * order follow.
 */
export const SELECT_DATASETS = `
  select d.id, d.name, d.created_at as "createdAt", v.version, v.hash, v.recipe, v.counts, v.warnings,
    (select count(*) from runs where runs.dataset_id = d.id) as runs
  from datasets d join dataset_versions v on v.dataset_id = d.id
    and v.version = coalesce($1::int, (select max(version) from dataset_versions where dataset_id = d.id))
  where d.is_whole`;

export function toInfo({
  id,
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

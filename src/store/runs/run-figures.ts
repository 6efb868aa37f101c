/** The figures and times of runs that have ended, in columns of a table whose rows never change. */
import { FINAL_STATUSES, SUMMARY_KEYS, type RunField, type SummaryKey } from '../../vocabulary/index.ts';

const FINAL = FINAL_STATUSES.map((status) => `'${status}'`).join(', ');

/** `valLoss`: `val_loss`. */
const columnOf = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const COLUMNS = SUMMARY_KEYS.map(columnOf).join(', ');
const VALUES = SUMMARY_KEYS.map((key) => `(summary->>'${key}')::float8`).join(', ');

/** Keeps those of the runs in `from` that have ended, in the statement or transaction that ends them. */
export const keepFigures = (
  from: string,
): string => `insert into run_figures (run_id, started_at, finished_at, ${COLUMNS})
  select id, started_at, finished_at, ${VALUES} from ${from} as ended where status in (${FINAL}) on conflict do nothing`;

/** Figures that have an index; by others lists are rarely sorted. */
const SORTED: readonly SummaryKey[] = [
  'loss',
  'accuracy',
  'epochLoss',
  'valLoss',
  'valAccuracy',
  'r2',
  'macroF1',
  'bestValLoss',
  'bestValAccuracy',
  'activeFraction',
  'deadNeurons',
  'parameters',
  'samplesPerSecond',
  'trainingSeconds',
];
/** Fields of the spec that have an index, which is over the same expression as in run-expressions.ts. */
const SORTED_SPEC: readonly string[] = [
  'spec.training.optimizer.learningRate',
  'spec.training.optimizer.type',
  'spec.training.batchSize',
  'spec.training.epochs',
];

/** Where a field can be read in order: from a table with an index over its values that are not missing, and `run_id`. */
export interface SortedTable {
  table: 'run_figures' | 'run_specs';
  /** The column; null: the expression of the field itself. */
  column: string | null;
  /** It has the runs that have ended; those that have not are few. */
  isOfEnded: boolean;
}

export function sortedTableOf({ path, keys }: RunField): SortedTable | null {
  const [root, key] = keys;
  if (path === 'startedAt' || path === 'finishedAt')
    return { table: 'run_figures', column: columnOf(path), isOfEnded: true };
  if (root === 'summary' && keys.length === 2 && SORTED.some((name) => name === key))
    return { table: 'run_figures', column: columnOf(String(key)), isOfEnded: true };
  return SORTED_SPEC.includes(path) ? { table: 'run_specs', column: null, isOfEnded: false } : null;
}

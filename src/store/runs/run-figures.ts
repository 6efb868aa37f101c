/** The figures and times of runs that have ended, in columns of a table whose rows never change. Each column has an index. */
import { SUMMARY_KEYS, type RunField } from '../../vocabulary/index.ts';
import { FINAL } from './run-statuses.ts';

/** `valLoss`: `val_loss`. */
const columnOf = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const COLUMNS = SUMMARY_KEYS.map(columnOf).join(', ');
const VALUES = SUMMARY_KEYS.map((key) => `(summary->>'${key}')::float8`).join(', ');

/** Keeps those of the runs in `from` that have ended, in the statement or transaction that ends them. */
export const keepFigures = (
  from: string,
): string => `insert into run_figures (run_id, started_at, finished_at, ${COLUMNS})
  select id, started_at, finished_at, ${VALUES} from ${from} as ended where status in ${FINAL} on conflict do nothing`;

/** The column with the figure or time of the runs that have ended; null for any other field. */
export function figureColumnOf({ keys: [root, key, ...rest] }: RunField): string | null {
  if (root === 'startedAt' || root === 'finishedAt') return `run_figures.${columnOf(root)}`;
  const isFigure = root === 'summary' && rest.length === 0 && SUMMARY_KEYS.some((name) => name === key);
  return isFigure ? `run_figures.${columnOf(String(key))}` : null;
}

/** Other fields with an index over all their values, missing ones too, and `run_id`: over the same expression as in run-expressions.ts. */
const SORTED_SPEC: readonly string[] = [
  'spec.training.optimizer.learningRate',
  'spec.training.optimizer.type',
  'spec.training.batchSize',
  'spec.training.epochs',
  'spec.training.seed',
  'spec.dataset.name',
  'spec.model.layers[0].units',
];
export const isSortedSpec = ({ path }: RunField): boolean => SORTED_SPEC.includes(path);

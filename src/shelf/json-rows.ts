/** Rows that came as JSON, written as the CSV file that the reading thread reads like any other. */
import type { RecipeWishes } from '../jobs/index.ts';
import type { ReadingOptions } from '../schemas/index.ts';
import type { InlineData } from '../vocabulary/index.ts';
import type { SpooledUpload } from './spool.ts';

export interface RowsUpload {
  name: string | null;
  data: InlineData;
  featureNames?: readonly string[];
  /** Of classes or of labels. */
  classNames?: readonly string[];
}

/** Nothing is left to guess. */
export const ROWS_READING: ReadingOptions = {
  format: 'csv',
  delimiter: ',',
  quote: '"',
  decimal: '.',
  thousands: '',
  header: true,
  missing: [],
  encoding: 'utf-8',
};
const CHUNK_ROWS = 256;

/** The recipe that the rows ask for: every input stays one, whatever it holds. */
export async function spoolRows(rows: RowsUpload, upload: SpooledUpload): Promise<RecipeWishes> {
  const { data, classNames } = rows;
  const targets = targetNames(rows);
  await upload.write(linesOf(rows, targets), { name: 'rows.csv', mediaType: 'text/csv' });
  return {
    task: data.task,
    targets,
    keepsInputs: true,
    ...(data.task === 'classification' && classNames && { classes: classNames }),
  };
}

function targetNames({ data, featureNames, classNames }: RowsUpload): string[] {
  const [first] = data.targets;
  const count = Array.isArray(first) ? first.length : 1;
  const base = featureNames?.includes('y') ? 'target' : 'y';
  if (data.task === 'multilabel' && classNames) return [...classNames];
  return count === 1 ? [base] : Array.from({ length: count }, (_, index) => `${base}${index + 1}`);
}

async function* linesOf(
  { data, featureNames, classNames }: RowsUpload,
  targets: readonly string[],
): AsyncGenerator<string> {
  const { inputs, task } = data;
  const features = inputs[0]?.length ?? 0;
  const names = featureNames ?? Array.from({ length: features }, (_, index) => `x${index + 1}`);
  const classes = task === 'classification' ? classNames?.map(quote) : undefined;
  let lines = `${[...names, ...targets].map(quote).join(',')}\n`;
  for (const [row, input] of inputs.entries()) {
    const target = data.targets[row] ?? 0;
    const last = Array.isArray(target) ? target.join(',') : (classes?.[target] ?? String(target));
    lines += `${input.join(',')},${last}\n`;
    if (row % CHUNK_ROWS === CHUNK_ROWS - 1) {
      yield lines;
      lines = '';
    }
  }
  yield lines;
}

const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;

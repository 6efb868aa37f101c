/** Rows that came as JSON, packed for the reading thread, and the recipe that they ask for. */
import type { PackedColumn, PackedRows } from '../schemas/index.ts';
import type { InlineData } from '../vocabulary/index.ts';
import type { RecipeWishes } from './recipes/guess-recipe.ts';

export interface RowsUpload {
  name: string | null;
  /** As it was sent: an id or a name. */
  project?: string | undefined;
  data: InlineData;
  featureNames?: readonly string[];
  /** Of classes or of labels. */
  classNames?: readonly string[];
}

/** More inputs without names than this are one column, as in data sets of earlier releases. */
const MOST_NUMBERED = 256;

export interface PackedUpload {
  name: string | null;
  project?: string | undefined;
  rows: PackedRows;
  wishes: RecipeWishes;
}

/** Every input stays one, whatever it holds. */
export function packUpload(upload: RowsUpload): PackedUpload {
  const { name, project, data, classNames } = upload;
  const inputs = inputColumns(upload);
  const targets = targetColumns(
    upload,
    inputs.map(({ name }) => name),
  );
  return {
    name,
    project,
    rows: { count: data.inputs.length, columns: [...inputs, ...targets], values: pack(data) },
    wishes: {
      task: data.task,
      targets: targets.map(({ name }) => name),
      ...(data.task === 'classification' && classNames && { classes: classNames }),
    },
  };
}

function inputColumns({ data, featureNames, classNames = [] }: RowsUpload): PackedColumn[] {
  const features = data.inputs[0]?.length ?? 0;
  const taken = data.task === 'multilabel' ? classNames : [];
  if (featureNames === undefined && features > MOST_NUMBERED)
    return [{ name: numbered('x', 1, taken)[0]!, role: 'input', width: features }];
  const names = featureNames ?? numbered('x', features, taken, true);
  return names.map((name) => ({ name, role: 'input', width: 1 }));
}

function targetColumns({ data, classNames }: RowsUpload, taken: readonly string[]): PackedColumn[] {
  const [first] = data.targets;
  const names =
    data.task === 'multilabel' && classNames
      ? classNames
      : numbered('y', Array.isArray(first) ? first.length : 1, taken);
  return names.map((name) => ({
    name,
    role: 'target',
    width: 1,
    ...(data.task === 'classification' && classNames && { classNames }),
  }));
}

/** `y`, or `y1`, `y2` and so on; `target`, `target_` ... where one of these names is taken. */
function numbered(base: string, count: number, taken: readonly string[], isList = count > 1): string[] {
  const names = isList ? Array.from({ length: count }, (_, index) => `${base}${index + 1}`) : [base];
  const known = new Set(taken);
  if (!names.some((name) => known.has(name))) return names;
  const other = base === 'y' ? 'target' : base === 'x' ? 'input' : `${base}_`;
  return numbered(other, count, taken, isList);
}

/** Row by row, the inputs before the targets. */
function pack({ inputs, targets }: InlineData): Float64Array<ArrayBuffer> {
  const [first] = targets;
  const width = (inputs[0]?.length ?? 0) + (Array.isArray(first) ? first.length : 1);
  const values = new Float64Array(inputs.length * width);
  for (const [row, input] of inputs.entries()) {
    const target = targets[row] ?? 0;
    const start = row * width;
    values.set(input, start);
    if (Array.isArray(target)) values.set(target, start + input.length);
    else values[start + input.length] = target;
  }
  return values;
}

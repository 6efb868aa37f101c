/** Data that a client sends: what is wrong with it, and the same data as packed columns. */
import type { ErrorDetail } from '../errors.ts';
import { LIMITS, type InlineData } from '../schemas/job.ts';
import type { StoredDataset } from '../schemas/thread.ts';

/** More complaints than this help nobody, and a large body must not be answered with a larger one. */
const MOST_DETAILS = 20;

/**
 * Every wrong place, the first 20 at most; empty where the data can be trained on. `path` is where the data lies in the
 * request.
 */
export function checkInlineData(data: InlineData, path = 'dataset'): ErrorDetail[] {
  const details: ErrorDetail[] = [];
  for (const detail of complaints(data, path)) {
    if (details.push(detail) === MOST_DETAILS) break;
  }
  return details;
}

function* complaints({ inputs, targets, task }: InlineData, path: string): Generator<ErrorDetail> {
  yield* checkSize(inputs, path);
  yield* checkRows(inputs, `${path}.inputs`, LIMITS.features);
  if (targets.length !== inputs.length) {
    yield {
      path: `${path}.targets`,
      message: `there are ${targets.length} targets for ${inputs.length} rows of inputs`,
      expected: `${inputs.length} targets`,
    };
  }
  if (task === 'classification') yield* checkClasses(targets, `${path}.targets`);
  else if (task === 'multilabel') yield* checkLabels(targets, `${path}.targets`);
  else yield* checkNumbers(targets, `${path}.targets`);
}

function* checkSize(inputs: readonly (readonly number[])[], path: string): Generator<ErrorDetail> {
  if (inputs.length === 0) yield { path: `${path}.inputs`, message: 'there are no rows', expected: 'at least one row' };
  if (inputs.length > LIMITS.samples)
    yield {
      path: `${path}.inputs`,
      message: `there are ${inputs.length} rows`,
      expected: `at most ${LIMITS.samples} rows`,
    };
  const values = inputs.length * (inputs[0]?.length ?? 0);
  if (values > LIMITS.inlineValues)
    yield {
      path: `${path}.inputs`,
      message: `there are ${values} values`,
      expected: `at most ${LIMITS.inlineValues} values; upload larger data`,
    };
}

function* checkRows(rows: readonly (readonly number[])[], path: string, mostColumns: number): Generator<ErrorDetail> {
  const columns = rows[0]?.length ?? 0;
  if (rows.length > 0 && (columns === 0 || columns > mostColumns))
    yield { path: `${path}[0]`, message: `the row has ${columns} values`, expected: `1 to ${mostColumns} values` };
  for (const [i, row] of rows.entries()) {
    if (row.length !== columns)
      yield {
        path: `${path}[${i}]`,
        message: `the row has ${row.length} values, the first row has ${columns}`,
        expected: `${columns} values`,
      };
    const wrong = row.findIndex((value) => !isFloat32(value));
    if (wrong >= 0) yield notFloat32(`${path}[${i}][${wrong}]`, row[wrong]);
  }
}

function* checkNumbers(targets: InlineData['targets'], path: string): Generator<ErrorDetail> {
  const wantsRows = Array.isArray(targets[0]);
  const misfits = [
    ...checkSameKind(
      targets,
      path,
      wantsRows,
      wantsRows ? 'a row of numbers, as the first target is' : 'a number, as the first target is',
    ),
  ];
  yield* misfits;
  if (misfits.length > 0) return;
  if (areRows(targets)) yield* checkRows(targets, path, LIMITS.units);
  else for (const [i, target] of targets.entries()) if (!isFloat32(target)) yield notFloat32(`${path}[${i}]`, target);
}

function* checkClasses(targets: InlineData['targets'], path: string): Generator<ErrorDetail> {
  const classes = new Set<number>();
  for (const [i, target] of targets.entries()) {
    if (typeof target === 'number' && Number.isInteger(target) && target >= 0 && target < LIMITS.units)
      classes.add(target);
    else
      yield {
        path: `${path}[${i}]`,
        message: `${JSON.stringify(target)} is no class`,
        expected: `an integer from 0 to ${LIMITS.units - 1}`,
      };
  }
  let count = 0;
  for (const index of classes) count = Math.max(count, index + 1);
  for (let index = 0; index < count; index++) {
    if (!classes.has(index))
      yield {
        path,
        message: `no sample is of class ${index}, though there is a class ${count - 1}`,
        expected: 'classes numbered from 0 without gaps',
      };
  }
  if (classes.size === 1 && count === 1)
    yield { path, message: 'every sample is of class 0', expected: 'at least two classes' };
}

function* checkLabels(targets: InlineData['targets'], path: string): Generator<ErrorDetail> {
  const misfits = [...checkSameKind(targets, path, true, 'a row of 0 and 1, one per label')];
  yield* misfits;
  if (misfits.length > 0 || !areRows(targets)) return;
  yield* checkRows(targets, path, LIMITS.units);
  for (const [i, row] of targets.entries()) {
    for (const [j, value] of row.entries()) {
      if (value !== 0 && value !== 1)
        yield { path: `${path}[${i}][${j}]`, message: `${value} is no label`, expected: '0 or 1' };
    }
  }
}

function* checkSameKind(
  targets: InlineData['targets'],
  path: string,
  wantsRows: boolean,
  expected: string,
): Generator<ErrorDetail> {
  for (const [i, target] of (targets as unknown[]).entries()) {
    if (Array.isArray(target) !== wantsRows)
      yield { path: `${path}[${i}]`, message: `the target is ${wantsRows ? 'a single number' : 'a row'}`, expected };
  }
}

const areRows = (targets: InlineData['targets']): targets is number[][] => Array.isArray(targets[0]);
/** JSON can write 1e999, and 1e39 fits a double but not the float32 of the arithmetic. */
const isFloat32 = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(Math.fround(value));
const notFloat32 = (path: string, value: unknown): ErrorDetail => ({
  path,
  message: `${String(value)} is not a finite 32-bit number`,
  expected: 'a number between -3.4e38 and 3.4e38',
});

/** Packs data that `checkInlineData` found right. Classes stay numbers: `outputs` is how many there are. */
export function packInlineData({ inputs, targets, task }: InlineData): StoredDataset {
  const samples = inputs.length,
    features = inputs[0]?.length ?? 0;
  const packedInputs = new Float32Array(samples * features);
  for (const [i, row] of inputs.entries()) packedInputs.set(row, i * features);
  const columns = areRows(targets) ? (targets[0]?.length ?? 0) : 1;
  const packedTargets = new Float32Array(samples * columns);
  for (const [i, target] of (targets as (number | number[])[]).entries()) {
    if (Array.isArray(target)) packedTargets.set(target, i * columns);
    else packedTargets[i] = target;
  }
  const outputs =
    task === 'classification' ? packedTargets.reduce((largest, value) => Math.max(largest, value), 0) + 1 : columns;
  return { task, samples, features, outputs, inputs: packedInputs, targets: packedTargets };
}

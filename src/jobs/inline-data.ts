/** Data that a client sends: its problems, and the same data as packed columns. */
import type { ErrorDetail } from '../errors.ts';
import type { PackedDataset } from '../schemas/training-data.ts';
import { isTask, LIMITS, TASKS, type InlineData } from '../vocabulary/index.ts';
import { isFloat32, LARGEST_FLOAT32 } from './float32.ts';
import { brief, kindAndValue, type Problems } from './problems.ts';
import { joinPath } from './schema-node.ts';

/** More problems than this help no one, and a large body must not get an even larger response. */
const MOST_DETAILS = 20;

/** Rows as they were sent, not checked. */
export interface Rows {
  inputs?: unknown;
  targets?: unknown;
  task?: unknown;
}

/** The data if it is valid, otherwise null with its problems reported. `path` is empty for the whole body. */
export function readInlineData({ inputs, targets, task }: Rows, path: string, problems: Problems): InlineData | null {
  const before = problems.count;
  if (!isTask(task)) problems.mismatch(joinPath(path, 'task'), `one of ${TASKS.join(', ')}`, task);
  if (!Array.isArray(inputs)) problems.mismatch(joinPath(path, 'inputs'), 'a list of rows of numbers', inputs);
  else {
    const wrong = inputs.findIndex((row) => !Array.isArray(row));
    if (wrong >= 0) problems.mismatch(`${joinPath(path, 'inputs')}[${wrong}]`, 'a row of numbers', inputs[wrong]);
  }
  if (!Array.isArray(targets))
    problems.mismatch(
      joinPath(path, 'targets'),
      `a list with one entry per row of ${joinPath(path, 'inputs')}`,
      targets,
    );
  if (problems.count > before) return null;

  const data = { inputs, targets, task } as InlineData;
  problems.addAll(checkInlineData(data, path));
  return problems.count > before ? null : data;
}

/**
 * At most the first 20 invalid values; empty if the data can be trained on. `path` is the path of the data in the
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
  const places = { inputs: joinPath(path, 'inputs'), targets: joinPath(path, 'targets') };
  yield* checkSize(inputs, places.inputs);
  yield* checkRows(inputs, places.inputs, LIMITS.features);
  if (targets.length !== inputs.length) {
    yield {
      path: places.targets,
      message: `has ${targets.length} targets for ${inputs.length} rows of inputs`,
      expected: `${inputs.length} targets`,
    };
  }
  switch (task) {
    case 'classification':
      yield* checkClasses(targets, places.targets);
      break;
    case 'multilabel':
      yield* checkLabels(targets, places.targets);
      break;
    case 'regression':
      yield* checkNumbers(targets, places.targets);
  }
}

function* checkSize(inputs: InlineData['inputs'], path: string): Generator<ErrorDetail> {
  if (inputs.length === 0) yield { path, message: 'has no rows', expected: 'at least one row' };
  if (inputs.length > LIMITS.samples)
    yield { path, message: `has ${inputs.length} rows`, expected: `at most ${LIMITS.samples} rows` };
  const values = inputs.length * (inputs[0]?.length ?? 0);
  if (values > LIMITS.inlineValues)
    yield { path, message: `has ${values} values`, expected: `at most ${LIMITS.inlineValues} values` };
}

function* checkRows(rows: readonly (readonly number[])[], path: string, mostColumns: number): Generator<ErrorDetail> {
  const columns = rows[0]?.length ?? 0;
  if (rows.length > 0 && (columns === 0 || columns > mostColumns))
    yield { path: `${path}[0]`, message: `has ${columns} values`, expected: `1 to ${mostColumns} values` };
  for (const [i, row] of rows.entries()) {
    if (row.length !== columns)
      yield {
        path: `${path}[${i}]`,
        message: `has ${row.length} values, but the first row has ${columns}`,
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
        message: `must be a class, an integer from 0 to ${LIMITS.units - 1}, but is ${kindAndValue(target)}`,
        expected: `an integer from 0 to ${LIMITS.units - 1}`,
      };
  }
  let count = 0;
  for (const index of classes) count = Math.max(count, index + 1);
  for (let index = 0; index < count; index++) {
    if (!classes.has(index))
      yield {
        path,
        message: `has no sample of class ${index}, but some of class ${count - 1}`,
        expected: 'classes numbered from 0 without gaps',
      };
  }
  if (classes.size === 1 && count === 1)
    yield { path, message: 'has samples of class 0 only', expected: 'at least two classes' };
}

function* checkLabels(targets: InlineData['targets'], path: string): Generator<ErrorDetail> {
  const misfits = [...checkSameKind(targets, path, true, 'a row of 0 and 1, one per label')];
  yield* misfits;
  if (misfits.length > 0 || !areRows(targets)) return;
  yield* checkRows(targets, path, LIMITS.units);
  for (const [i, row] of targets.entries()) {
    for (const [j, value] of row.entries()) {
      if (value !== 0 && value !== 1)
        yield {
          path: `${path}[${i}][${j}]`,
          message: `must be 0 or 1, but is ${kindAndValue(value)}`,
          expected: '0 or 1',
        };
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
      yield { path: `${path}[${i}]`, message: `must be ${expected}, but is ${brief(target)}`, expected };
  }
}

const areRows = (targets: InlineData['targets']): targets is number[][] => Array.isArray(targets[0]);
const notFloat32 = (path: string, value: unknown): ErrorDetail => ({
  path,
  message:
    typeof value === 'number' && Number.isFinite(value)
      ? `is ${value}, which is too large for a 32-bit number`
      : `must be a finite number, but is ${kindAndValue(value)}`,
  expected: `a number between -${LARGEST_FLOAT32.toPrecision(2)} and ${LARGEST_FLOAT32.toPrecision(2)}`,
});

/** Packs data that `checkInlineData` found valid. Classes stay numbers; `outputs` is their count. */
export function packInlineData({ inputs, targets, task }: InlineData): PackedDataset {
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

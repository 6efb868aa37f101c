/**
 * Takes the long lists of numbers out of a job as it was sent: they become blobs, and the job names them by their hashes.
 * What is left is short, and is read like a job that never had them.
 */
import { countNumbers } from '../blobs/keep-apart.ts';
import { packRows, packWeights } from '../blobs/pack.ts';
import type { ErrorDetail } from '../errors.ts';
import { isFloat32, kindAndValue, Problems, readInlineData, shapeOfInline, type JobFaults } from '../jobs/index.ts';
import type { Blob } from '../schemas/index.ts';
import { isObject, LIMITS, type InitialWeights } from '../vocabulary/index.ts';

export interface LiftedJob {
  body: unknown;
  blobs: Blob[];
  /** What is wrong with the lists. They are then neither in the job nor among the blobs. */
  faults: JobFaults;
}

export function liftJob(body: unknown): LiftedJob {
  if (!isObject(body)) return { body, blobs: [], faults: {} };
  const rows = liftRows(body['dataset']);
  const weights = liftWeights(body['model']);
  return {
    body: { ...body, ...(rows && { dataset: rows.part }), ...(weights && { model: weights.part }) },
    blobs: [rows?.blob, weights?.blob].filter((blob) => blob !== undefined),
    faults: {
      ...(rows?.faults && { dataset: rows.faults }),
      ...(weights?.faults && { initialWeights: weights.faults }),
    },
  };
}

/** The part of the job without its lists. */
type Lifted = { part: Record<string, unknown> } & (
  { blob: Blob; faults?: undefined } | { faults: ErrorDetail[]; blob?: undefined }
);

/** They do not belong beside inline rows, and are reported with them. */
const FOREIGN = ['name', 'id', 'version', 'hash', 'inline', 'samples', 'features', 'outputs'];

/** Null where there are no lists, or few numbers. */
function liftRows(dataset: unknown): Lifted | null {
  if (!isObject(dataset) || FOREIGN.some((key) => dataset[key] !== undefined)) return null;
  const { inputs, targets, ...rest } = dataset;
  const count = [inputs, targets].reduce<number>(
    (sum, list) => sum + (Array.isArray(list) ? countNumbers(list) : 0),
    0,
  );
  if (inputs === undefined || count <= LIMITS.valuesInJob) return null;
  const problems = new Problems({});
  const data = readInlineData({ inputs, targets, task: rest['task'] }, 'dataset', problems);
  if (data === null) return { part: rest, faults: problems.details };
  const blob = packRows(data, shapeOfInline(data).outputs);
  const { samples, features, outputs } = blob.content;
  return { part: { ...rest, inline: true, hash: blob.hash, samples, features, outputs }, blob };
}

/** Null where there are no lists, or few numbers. The slopes of activations stay. */
function liftWeights(model: unknown): Lifted | null {
  const weights = isObject(model) ? model['initialWeights'] : undefined;
  if (!isObject(model) || !isObject(weights) || weights['hash'] !== undefined) return null;
  const { kernels, biases, normalizations, ...rest } = weights;
  const lists = namedLists({ kernels, biases, normalizations });
  if (lists === null || lists.reduce((sum, [, rows]) => sum + countNumbers(rows), 0) <= LIMITS.valuesInJob) return null;
  const faults = lists.flatMap(([path, rows]) => faultOf(path, rows) ?? []).slice(0, MOST_FAULTS);
  if (faults.length > 0) {
    const { initialWeights: _lists, ...part } = model;
    return { part, faults };
  }
  const blob = packWeights({ kernels, biases, normalizations } as InitialWeights);
  return { part: { ...model, initialWeights: { ...rest, hash: blob.hash, values: blob.content.values } }, blob };
}

const MOST_FAULTS = 20;

/** The rows of every list under its path; null if there is anything but lists in their places. */
function namedLists({
  kernels,
  biases = [],
  normalizations = [],
}: Record<string, unknown>): [string, unknown[]][] | null {
  if (![kernels, biases, normalizations].every(Array.isArray)) return null;
  const layers = (normalizations as unknown[]).map((layer) => (isObject(layer) ? Object.entries(layer) : null));
  if (layers.includes(null)) return null;
  const named: [string, unknown][] = [
    ...(kernels as unknown[]).map((kernel, i): [string, unknown] => [`kernels[${i}]`, kernel]),
    ...(biases as unknown[]).map((bias, i): [string, unknown] => [`biases[${i}]`, [bias]]),
    ...layers.flatMap((layer, i) =>
      (layer ?? []).map(([key, list]): [string, unknown] => [`normalizations[${i}].${key}`, [list]]),
    ),
  ];
  return named.every(isRows) ? named : null;
}

const isRows = (entry: [string, unknown]): entry is [string, unknown[]] =>
  Array.isArray(entry[1]) && entry[1].every(Array.isArray);

/** The first row that is not of numbers, or not as long as the first one. */
function faultOf(list: string, rows: readonly unknown[]): ErrorDetail | null {
  const isKernel = list.startsWith('kernels');
  const columns = (rows[0] as unknown[] | undefined)?.length ?? 0;
  for (const [index, row] of (rows as unknown[][]).entries()) {
    const path = `model.initialWeights.${list}${isKernel ? `[${index}]` : ''}`;
    if (row.length !== columns) {
      const message = `must be a list of ${columns} numbers, as the first row of the kernel is, but is a list of ${row.length}`;
      return { path, message, expected: `${columns} numbers` };
    }
    const wrong = row.findIndex((value) => !isFloat32(value));
    if (wrong < 0) continue;
    const expected = 'a finite float32 number';
    return { path: `${path}[${wrong}]`, message: `must be ${expected}, but is ${kindAndValue(row[wrong])}`, expected };
  }
  return null;
}

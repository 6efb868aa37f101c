/**
 * The head of a checkpoint. The training thread resumes from the whole; the server reads the header alone, to learn
 * what the model's inputs and outputs are.
 *
 *     bytes 0-3    "RLC1" or "RLC2"
 *     bytes 4-7    uint32, little-endian: CRC-32 of everything that follows
 *     bytes 8-11   uint32: length H of the header
 *     H bytes      UTF-8 JSON, padded with spaces so that 12 + H is a multiple of 4
 *     then         float32: parameters, optimizer slots, statistics; their lengths are in the header
 *     RLC2 only    float32: shift and scale of every input column, if the inputs are normalised; then those of every
 *                  output column, if the targets are; then the weights of the newest verdict on the neurons, if the
 *                  header says so
 *
 * RLC1 has no `preprocessing`: its normalisation must be fitted again on the run's data set.
 */
import { RunFailure } from '../errors.ts';
import { inputsOf, TASKS, type Preparation, type PreparedColumn, type Task } from '../vocabulary/index.ts';

export const CHECKPOINT_MAGIC = { 1: 0x31434c52, 2: 0x32434c52 } as const; // "RLC1" and "RLC2", little-endian
/** Bytes before the header. */
export const CHECKPOINT_PREFIX = 12;

/**
 * How raw rows become the network's inputs, and its outputs predictions. What older readers must not ignore raises the
 * version: 2 is for normalised targets, 3 for named columns.
 */
export interface PreprocessingHeader {
  version: 1 | 2 | 3;
  task: Task;
  inputs: { columns: number; isNormalized: boolean };
  outputs: { columns: number; isNormalized: boolean };
  /** Null before version 3. */
  preparation: Preparation | null;
}

export interface CheckpointHeader {
  version: 1 | 2;
  step: number;
  /** Counts of float32 values. */
  parameters: number;
  slots: number;
  statistics: number;
  /** Null in RLC1. */
  preprocessing: PreprocessingHeader | null;
  /** What the training loop keeps between two steps. */
  loop: object;
  /** What the next verdict on the neurons continues from; null before the first one, and in older files. */
  judged: JudgedHeader | null;
}

export interface JudgedHeader {
  /** Of the newest verdict. */
  step: number;
  /** Count of float32 values; 0 if its weights are those of the checkpoint. */
  weights: number;
  state: object;
}

/** Throws a RunFailure if the bytes do not begin like a checkpoint. */
export function checkpointVersion(bytes: Uint8Array): 1 | 2 {
  const magic = bytes.byteLength < CHECKPOINT_PREFIX ? 0 : viewOf(bytes).getUint32(0, true);
  if (magic === CHECKPOINT_MAGIC[1]) return 1;
  if (magic === CHECKPOINT_MAGIC[2]) return 2;
  throw unreadable('it does not start with "RLC1" or "RLC2"');
}

/**
 * `dataStart` is where the float32 values begin. Does not verify the checksum. Throws a RunFailure that says what is
 * wrong.
 */
export function readCheckpointHeader(bytes: Uint8Array): CheckpointHeader & { dataStart: number } {
  const version = checkpointVersion(bytes);
  const dataStart = CHECKPOINT_PREFIX + viewOf(bytes).getUint32(8, true);
  const header = parse(bytes.subarray(CHECKPOINT_PREFIX, dataStart));
  if (header['version'] !== version) throw unreadable(`its header has version ${String(header['version'])}`);
  const { step, parameters, slots, statistics, loop } = header;
  if (!isCount(step) || !isCount(parameters) || !isCount(slots) || !isCount(statistics))
    throw unreadable('its header has no valid lengths');
  if (!isRecord(loop)) throw unreadable('its header has no loop state');
  const preprocessing = version === 1 ? null : readPreprocessing(header['preprocessing']);

  const scalings = preprocessing ? [preprocessing.inputs, preprocessing.outputs] : [];
  const scaled = scalings.reduce((sum, { columns, isNormalized }) => sum + (isNormalized ? 2 * columns : 0), 0);
  const judged = readJudged(header['judged']);
  const expected = dataStart + 4 * (parameters + slots + statistics + scaled + (judged?.weights ?? 0));
  if (bytes.byteLength !== expected)
    throw unreadable(`it has ${bytes.byteLength} bytes, but its header announces ${expected}`);
  return { version, step, parameters, slots, statistics, preprocessing, loop, judged, dataStart };
}

function parse(json: Uint8Array): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder().decode(json));
    if (isRecord(header)) return header;
  } catch (cause) {
    throw unreadable('its header is not valid JSON', cause);
  }
  throw unreadable('its header is not a JSON object');
}

function readPreprocessing(value: unknown): PreprocessingHeader {
  if (!isRecord(value)) throw unreadable('its header has no preprocessing');
  const { version, task, inputs, outputs, preparation } = value;
  if (version !== 1 && version !== 2 && version !== 3)
    throw unreadable(`its preprocessing has version ${String(version)}, which this release does not know`);
  const known = TASKS.find((name) => name === task);
  if (
    known === undefined ||
    !isRecord(inputs) ||
    !isColumns(inputs['columns']) ||
    typeof inputs['isNormalized'] !== 'boolean' ||
    !isRecord(outputs) ||
    !isColumns(outputs['columns']) ||
    (version >= 2 && typeof outputs['isNormalized'] !== 'boolean')
  )
    throw unreadable('its preprocessing is incomplete');
  return {
    version,
    task: known,
    inputs: { columns: inputs['columns'], isNormalized: inputs['isNormalized'] },
    outputs: { columns: outputs['columns'], isNormalized: version >= 2 && outputs['isNormalized'] === true },
    preparation: version < 3 ? null : readPreparation(preparation, inputs['columns'], outputs['columns']),
  };
}

/** Its names must fit the network: everything else was written by this program, under a checksum. */
function readPreparation(value: unknown, inputs: number, outputs: number): Preparation {
  if (isRecord(value)) {
    const { columns, targets, ignored, outputs: names } = value;
    if (
      Array.isArray(columns) &&
      columns.every(isPreparedColumn) &&
      columns.reduce((sum, column) => sum + inputsOf(column), 0) === inputs &&
      areNames(targets) &&
      areNames(ignored) &&
      areNames(names) &&
      names.length === outputs
    )
      return { columns, targets, ignored, outputs: names };
  }
  throw unreadable('the names of its columns do not fit its inputs and outputs');
}

const isPreparedColumn = (value: unknown): value is PreparedColumn =>
  isRecord(value) &&
  typeof value['name'] === 'string' &&
  ['numeric', 'categorical', 'boolean', 'date'].includes(String(value['kind'])) &&
  isColumns(value['width']);
const areNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((name) => typeof name === 'string');

function readJudged(value: unknown): JudgedHeader | null {
  if (value === undefined || value === null) return null;
  if (!isRecord(value)) throw unreadable('its header has no valid state of the verdicts');
  const { step, weights, state } = value;
  if (!isCount(step) || !isCount(weights) || !isRecord(state))
    throw unreadable('its header has no valid state of the verdicts');
  return { step, weights, state };
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const isColumns = (value: unknown): value is number => isCount(value) && value > 0;

export const unreadable = (reason: string, cause?: unknown): RunFailure =>
  new RunFailure(
    'CHECKPOINT_UNREADABLE',
    `The checkpoint cannot be read: ${reason}. Submit the job again to train from the beginning.`,
    { cause },
  );

/**
 * The kinds of bodies that may be long, and how each is read: into something short for the routes, with every list of
 * numbers as bytes. A short body is read at once, a long one by a thread; the functions are the same.
 */
import { RelumineError } from '../errors.ts';
import { nameFirst, packUpload, Problems, readJob, readUpload, readValue, type PackedUpload } from '../jobs/index.ts';
import { byHash, ForkJobSchema, type PredictionRows } from '../schemas/index.ts';
import { isObject, LIMITS, type ForkJob } from '../vocabulary/index.ts';
import { LARGE_BYTES } from './large-body.ts';
import { liftJob, type LiftedJob } from './lift.ts';
import { readPrediction, type PredictionShape } from './read-prediction.ts';

/** What a route wants to know of a body, and what it gets. */
export interface Readings {
  job: { ask: null; answer: LiftedJob };
  /** The lists are those of the patch. */
  fork: { ask: null; answer: Omit<LiftedJob, 'body'> & ForkJob };
  upload: { ask: null; answer: PackedUpload };
  prediction: { ask: PredictionShape; answer: PredictionRows };
}
export type ReadingName = keyof Readings;

/** Each throws INVALID_REQUEST, INVALID_JOB or BODY_TOO_LARGE. */
export const READINGS: { [K in ReadingName]: (body: unknown, ask: Readings[K]['ask']) => Readings[K]['answer'] } = {
  job: (body) => liftJob(body),

  fork(body) {
    const problems = new Problems(ForkJobSchema);
    const fork = readValue(ForkJobSchema, body, '', problems) as ForkJob | undefined;
    if (problems.count > 0 || !fork) throw invalid('request', problems.details, problems.count);
    const { body: patch, ...lifted } = liftJob(fork.patch);
    return { ...fork, ...lifted, ...(isObject(patch) && { patch }) };
  },

  upload(body) {
    const upload = readUpload(body);
    if ('details' in upload) throw invalid('data set', upload.details);
    return packUpload(upload);
  },

  prediction: readPrediction,
};

/**
 * Of a long body too, what is left must be short. If it is longer than bodies that are read at once, it must be a job that is
 * valid: then it has weights of thousands of classes, for instance. Otherwise it is most likely a mistake, such as a list
 * under a wrong name, and INVALID_JOB says which. Throws BODY_TOO_LARGE if it cannot be a job at all.
 */
export function demandShort({ body, blobs, faults }: LiftedJob): void {
  const { length } = JSON.stringify(body);
  if (length <= LARGE_BYTES) return;
  const read = readJob(body, { kept: byHash(blobs), faults });
  const details = 'details' in read ? read.details.filter(({ path }) => !KNOWN_ELSEWHERE.has(path)) : [];
  if (details.length > 0) throw invalid('job', details);
  if (length <= LIMITS.plainBodyBytes) return;
  throw new RelumineError(
    'BODY_TOO_LARGE',
    `Without its rows and weights this job is still longer than ${LIMITS.plainBodyBytes / 1024} KiB, which is refused.`,
  );
}

/** What is right there depends on the database. */
const KNOWN_ELSEWHERE: ReadonlySet<string> = new Set(['dataset.id', 'dataset.name', 'dataset.hash', 'parentId']);

function invalid(
  what: 'request' | 'job' | 'data set',
  details: RelumineError['details'],
  count?: number,
): RelumineError {
  const code = what === 'job' ? 'INVALID_JOB' : 'INVALID_REQUEST';
  return new RelumineError(code, `The ${what} is not valid: ${nameFirst(details, count)}`, { details });
}

/** The memory of the lists, to be given to another thread. */
export function buffersOf(answer: Readings[ReadingName]['answer']): ArrayBuffer[] {
  if ('blobs' in answer) return answer.blobs.flatMap(({ parts }) => parts.map(({ buffer }) => buffer));
  const { rows } = answer;
  const inputs = 'inputs' in answer ? answer.inputs : undefined;
  // Rows of a data set are packed; rows to predict are objects or, from a thread, text.
  const list = inputs ?? (rows instanceof Uint8Array ? rows : rows && 'columns' in rows ? rows.values : null);
  return list ? [list.buffer as ArrayBuffer] : [];
}

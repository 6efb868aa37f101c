/** What trials try: the advice of a diagnosis piece by piece, and sensible pairs of pieces. */
import { readJob, type ReadJobOptions } from '../jobs/index.ts';
import { isObject, mergePatch, type Advice, type JobSpec } from '../vocabulary/index.ts';

const MOST_PAIRS = 3;
/** Behind everything that a person submits. */
const LOWEST_PRIORITY = -1000;
/** Trials are short, or start again from the beginning. */
const NO_CHECKPOINTS_SECONDS = 86_400;

export interface PatchedJob {
  spec: JobSpec;
  /** Of the whole training. */
  steps: number;
}

/** The job with a patch applied; null if it is not valid any more. `stored` is what the job names of what is stored. */
export function patchJob(
  spec: JobSpec,
  patch: Advice['patch'],
  stored: Pick<ReadJobOptions, 'uploaded' | 'kept'>,
): PatchedJob | null {
  const resolved = readJob(mergePatch(spec, patch), stored);
  return 'spec' in resolved ? resolved : null;
}

/** The pieces whose patch gives a valid job, in their order, then the most promising pairs. */
export function piecesToTry(advice: readonly Advice[], isValid: (patch: Advice['patch']) => boolean): Advice[] {
  const single = advice.filter(({ change, patch }) => change.length > 0 && isValid(patch));
  const pairs = single.flatMap((first, i) =>
    single
      .slice(i + 1)
      .filter((second) => addressOtherCauses(first, second) && !touchTheSame(first.patch, second.patch))
      .map((second) => ({ rank: i + single.indexOf(second), pair: join(first, second) })),
  );
  const promising = pairs
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ pair }) => pair)
    .filter(({ patch }) => isValid(patch));
  return [...single, ...promising.slice(0, MOST_PAIRS)];
}

/** The job of one trial. Its telemetry is sparse, because no one watches it; what is trained is the same to the bit. */
export function trialJob(spec: JobSpec, name: string, seed: number): JobSpec {
  return {
    ...spec,
    name,
    notes: '',
    training: { ...spec.training, seed },
    telemetry: {
      metricsEverySteps: 'auto',
      snapshotsPerSecond: 0,
      checkpointEverySeconds: NO_CHECKPOINTS_SECONDS,
      keepCheckpoints: 0,
    },
    priority: LOWEST_PRIORITY,
  };
}

const addressOtherCauses = (a: Advice, b: Advice): boolean =>
  a.addresses.length > 0 && b.addresses.length > 0 && !a.addresses.some((cause) => b.addresses.includes(cause));

/** Whether a value of one patch replaces a value of the other, or a part of it. */
function touchTheSame(a: Advice['patch'], b: Advice['patch']): boolean {
  const others = pathsOf(b);
  return pathsOf(a).some((path) => others.some((other) => isWithin(path, other) || isWithin(other, path)));
}

const isWithin = (path: string, other: string): boolean => path === other || path.startsWith(`${other}.`);

const pathsOf = (patch: unknown, path = ''): string[] =>
  isObject(patch)
    ? Object.entries(patch).flatMap(([key, value]) => pathsOf(value, path === '' ? key : `${path}.${key}`))
    : [path];

function join(first: Advice, second: Advice): Advice {
  return {
    code: first.code,
    combines: [first.code, second.code],
    addresses: [...first.addresses, ...second.addresses],
    reason: `${first.reason} ${second.reason}`,
    evidence: { ...second.evidence, ...first.evidence },
    limits: `${first.limits} ${second.limits}`,
    patch: joinPatches(first.patch, second.patch),
    change: [...first.change, ...second.change],
  };
}

/** Unlike when a patch is applied, null stays: it removes a member from the job. */
function joinPatches(a: Advice['patch'], b: Advice['patch']): Advice['patch'] {
  const joined = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const other = joined[key];
    joined[key] = isObject(other) && isObject(value) ? joinPatches(other, value) : value;
  }
  return joined;
}

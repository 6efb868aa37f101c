/** A job that goes on from the weights of a trained model: the job of a run, patched, with these weights to start from. */
import { outlineModel, type Tensor } from '../model/outline.ts';
import {
  isObject,
  mergePatch,
  type DatasetInfo,
  type InitialWeights,
  type JobSpec,
  type KeptWeights,
  type Run,
} from '../vocabulary/index.ts';
import { shapeOf } from './dataset-shape.ts';
import { readJob, type ReadJobOptions, type ResolvedJob } from './read-job.ts';

/**
 * The job of a fork without its weights. A patch that names other data leaves nothing of what the job said about its own.
 * Another version of an uploaded data set has another hash.
 */
export function forkedJob({ spec }: Pick<Run, 'spec'>, patch: Record<string, unknown>): unknown {
  const { dataset } = patch;
  if (!isObject(dataset)) return mergePatch(spec, patch);
  if (SOURCES.some((key) => (dataset[key] ?? null) !== null)) {
    const options = Object.fromEntries(Object.entries(spec.dataset).filter(([key]) => !OF_SOURCES.has(key)));
    return mergePatch({ ...spec, dataset: options }, patch);
  }
  const isOther = 'version' in dataset && !('hash' in dataset);
  return mergePatch(spec, isOther ? { ...patch, dataset: { ...dataset, hash: null } } : patch);
}

/** The keys that name data, and those that say more about them. */
const SOURCES = ['name', 'id', 'inputs', 'inline'];
const OF_SOURCES: ReadonlySet<string> = new Set([
  ...SOURCES,
  'version',
  'hash',
  'targets',
  'task',
  'samples',
  'noise',
  'features',
  'outputs',
]);

/**
 * Problems have paths within the patch. `weights` are those of a checkpoint of the parent. `before` and `after` are the data
 * sets that the jobs of the parent and of the fork name; null where they name none.
 */
export function readFork(
  parent: Pick<Run, 'id' | 'spec'>,
  patch: Record<string, unknown>,
  weights: InitialWeights | KeptWeights,
  { before, after: uploaded, ...given }: ForkContext,
): ResolvedJob {
  const body = forkedJob(parent, patch);
  const { model, ...rest } = isObject(body) ? body : {};
  const { initialWeights: _replaced, ...topology } = isObject(model) ? model : {};
  // First without weights: if they do not fit, the reason is the patch.
  const patched = readJob({ ...rest, model: topology }, { uploaded, ...given });
  if ('details' in patched)
    return { details: patched.details.map((detail) => ({ ...detail, path: `patch.${detail.path}` })) };
  const misfit = misfitOf(tensorsOf(parent.spec, before), tensorsOf(patched.spec, uploaded));
  if (misfit !== null) return { details: [{ path: 'patch', ...misfit }] };
  return readJob(
    { ...rest, model: { ...topology, initialWeights: weights }, parentId: parent.id },
    { uploaded, parent, ...given },
  );
}

interface ForkContext extends Pick<ReadJobOptions, 'kept' | 'faults'> {
  before: DatasetInfo | null;
  after: DatasetInfo | null;
}

function tensorsOf({ dataset, model }: JobSpec, uploaded: DatasetInfo | null): readonly Tensor[] {
  const { features, outputs } = shapeOf(dataset, dataset.id === undefined ? null : uploaded);
  return outlineModel(model, [features], outputs).tensors;
}

/** The first difference between the tensors of two models; null if the weights of one fit the other. */
function misfitOf(before: readonly Tensor[], after: readonly Tensor[]): { message: string; expected: string } | null {
  const count = Math.max(before.length, after.length);
  const index = Array.from({ length: count }, (_, i) => i).find((i) => wordsFor(before[i]) !== wordsFor(after[i]));
  if (index === undefined) return null;
  const [was, is] = [before[index], after[index]];
  const { layer } = is ?? was ?? { layer: 'the model' };
  return {
    message: `does not fit the weights of the checkpoint: ${layer} has ${wordsFor(is)}, and the checkpoint has ${wordsFor(was)}`,
    expected: 'a patch that leaves the shapes of all layers as they are',
  };
}

const wordsFor = (tensor: Tensor | undefined): string =>
  tensor ? `a ${tensor.kind} of shape [${tensor.shape.join(', ')}]` : 'nothing';

/** A job that goes on from the weights of a trained model: the job of a run, patched, with these weights to start from. */
import { outlineModel, type Tensor } from '../model/outline.ts';
import {
  DENORMALIZATION,
  isObject,
  mergePatch,
  type DatasetInfo,
  type InitialWeights,
  type JobSpec,
  type NormalizationWeights,
  type Run,
} from '../vocabulary/index.ts';
import { shapeOf } from './dataset-shape.ts';
import { readJob, type ResolvedJob } from './read-job.ts';

/** The job of a fork without its weights. Another data set, or another version of it, has another hash. */
export function forkedJob({ spec }: Pick<Run, 'spec'>, patch: Record<string, unknown>): unknown {
  const { dataset } = patch;
  const isOther = isObject(dataset) && ('id' in dataset || 'version' in dataset) && !('hash' in dataset);
  return mergePatch(spec, isOther ? { ...patch, dataset: { ...dataset, hash: null } } : patch);
}

/**
 * Problems have paths within the patch. `uploaded` has the data sets that the jobs of the parent and of the fork name; null
 * where they name none.
 */
export function readFork(
  parent: Pick<Run, 'id' | 'spec'>,
  patch: Record<string, unknown>,
  weights: InitialWeights,
  { before, after: uploaded }: { before: DatasetInfo | null; after: DatasetInfo | null },
): ResolvedJob {
  const body = forkedJob(parent, patch);
  const { model, ...rest } = isObject(body) ? body : {};
  const { initialWeights: _replaced, ...topology } = isObject(model) ? model : {};
  // First without weights: if they do not fit, the reason is the patch.
  const patched = readJob({ ...rest, model: topology }, { uploaded });
  if ('details' in patched)
    return { details: patched.details.map((detail) => ({ ...detail, path: `patch.${detail.path}` })) };
  const misfit = misfitOf(tensorsOf(parent.spec, before), tensorsOf(patched.spec, uploaded));
  if (misfit !== null) return { details: [{ path: 'patch', ...misfit }] };
  return readJob(
    { ...rest, model: { ...topology, initialWeights: weights }, parentId: parent.id },
    { uploaded, parent },
  );
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

/** The layers of a model that was exported as JSON, as far as they have weights. */
interface ExportedModel {
  layers: {
    type: string;
    name?: string;
    kernel?: number[][];
    bias?: number[];
    alpha?: number[];
    gamma?: number[];
    beta?: number[];
    mean?: number[];
    variance?: number[];
  }[];
}

/** Null if a weight is not finite. */
export function weightsOf(exported: Uint8Array): InitialWeights | null {
  const { layers } = JSON.parse(Buffer.from(exported).toString()) as ExportedModel;
  const weights = { kernels: [] as number[][][], biases: [] as number[][], alphas: [] as number[][] };
  const normalizations: NormalizationWeights[] = [];
  for (const { name, kernel, bias, alpha, gamma, beta, mean, variance } of layers) {
    if (name === DENORMALIZATION) continue;
    if (kernel && bias) {
      weights.kernels.push(kernel);
      weights.biases.push(bias);
      weights.alphas.push([]);
    }
    // Slopes belong to the dense layer before them.
    if (alpha) weights.alphas[weights.alphas.length - 1] = alpha;
    if (gamma && beta) normalizations.push({ gamma, beta, ...(mean && variance && { mean, variance }) });
  }
  const lists = [
    ...weights.kernels.flat(),
    ...weights.biases,
    ...weights.alphas,
    ...normalizations.flatMap((layer): number[][] => Object.values(layer)),
  ];
  // JSON has null where a number was not finite.
  if (lists.some((list) => list.some((value) => value === null))) return null;
  return { ...weights, ...(normalizations.length > 0 && { normalizations }) };
}

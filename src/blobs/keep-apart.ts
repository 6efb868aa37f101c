/** A job whose long lists of numbers are kept apart from it: they become blobs, and the job names them by their hashes. */
import { shapeOfInline } from '../jobs/dataset-shape.ts';
import type { Blob } from '../schemas/index.ts';
import { LIMITS, type InitialWeights, type JobSpec, type KeptRows, type KeptWeights } from '../vocabulary/index.ts';
import { packRows, packWeights } from './pack.ts';

/** Few numbers stay in the job. */
export function keepApart(spec: JobSpec): { spec: JobSpec; blobs: Blob[] } {
  const rows = keepRows(spec.dataset);
  const { initialWeights } = spec.model;
  const { weights, blobs } =
    initialWeights && 'kernels' in initialWeights
      ? keepWeights(initialWeights)
      : { weights: initialWeights, blobs: [] };
  return {
    spec: {
      ...spec,
      ...(rows && { dataset: rows.dataset }),
      model: { ...spec.model, ...(weights && { initialWeights: weights }) },
    },
    blobs: [...(rows ? [rows.blob] : []), ...blobs],
  };
}

function keepRows({
  inputs,
  targets,
  ...rest
}: JobSpec['dataset']): { dataset: JobSpec['dataset']; blob: Blob } | null {
  if (!inputs || !targets || rest.task === undefined || rest.inline) return null;
  const data = { inputs, targets, task: rest.task };
  if (countNumbers(inputs) + countNumbers(targets) <= LIMITS.valuesInJob) return null;
  const blob = packRows(data, shapeOfInline(data).outputs);
  const { kind: _kind, lists: _lists, ...shape } = blob.content;
  const kept: KeptRows = { inline: true, hash: blob.hash, ...shape };
  const { limit, validationSplit, normalize, normalizeTargets, seed } = rest;
  return { dataset: { ...kept, limit, validationSplit, normalize, normalizeTargets, seed }, blob };
}

/** Weights as a job has them, and what is kept apart of them. */
export function keepWeights(weights: InitialWeights): { weights: InitialWeights | KeptWeights; blobs: Blob[] } {
  if (countWeights(weights) <= LIMITS.valuesInJob) return { weights, blobs: [] };
  const blob = packWeights(weights);
  const { alphas } = weights;
  return { weights: { hash: blob.hash, values: blob.content.values, ...(alphas && { alphas }) }, blobs: [blob] };
}

/** Of rows, or of a list. */
export const countNumbers = (list: readonly unknown[]): number =>
  list.reduce<number>((sum, item) => sum + (Array.isArray(item) ? item.length : 1), 0);

const countWeights = ({ kernels, biases = [], normalizations = [] }: InitialWeights): number =>
  countNumbers(kernels.flat()) +
  countNumbers(biases) +
  countNumbers(normalizations.flatMap((layer): number[][] => Object.values(layer)));

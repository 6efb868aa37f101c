/** What classes and labels weigh in the loss, resolved on the training part alone. */
import type { TrainingData } from '../schemas/index.ts';
import type { ClassWeights } from '../vocabulary/index.ts';

type Labelled = Pick<TrainingData, 'task' | 'targets' | 'outputCount'>;

/**
 * One number per class or label; null where all weigh the same. `balanced` is n / (classes * count) for classes, as in
 * scikit-learn, and negatives / positives for labels, as PyTorch's pos_weight; a count of 0 is taken as 1. Only the
 * ratios of the classes' weights matter, so they are scaled to a mean of 1 over the training samples: losses and
 * gradients then have the size that they have without weights.
 */
export function resolveClassWeights(
  choice: ClassWeights,
  data: Labelled,
  trainIndices: Int32Array,
): Float32Array | null {
  if (choice === null) return null;
  const samples = trainIndices.length;
  const counts = countPositives(data, trainIndices);
  if (data.task === 'multilabel')
    return Float32Array.from(
      choice === 'balanced' ? counts.map((count) => Math.max(samples - count, 1) / Math.max(count, 1)) : choice,
    );
  const weights =
    choice === 'balanced' ? counts.map((count) => samples / (data.outputCount * Math.max(count, 1))) : choice;
  const mean = counts.reduce((sum, count, index) => sum + (weights[index]! * count) / samples, 0);
  return Float32Array.from(weights, (weight) => weight / mean);
}

/** Training samples of each class, or with each label. */
function countPositives({ task, targets, outputCount }: Labelled, trainIndices: Int32Array): number[] {
  const counts = Array<number>(outputCount).fill(0);
  for (const sample of trainIndices) {
    if (task === 'classification') counts[targets[sample]!]!++;
    else for (let label = 0; label < outputCount; label++) counts[label]! += targets[sample * outputCount + label]!;
  }
  return counts;
}

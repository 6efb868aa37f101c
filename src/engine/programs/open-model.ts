/**
 * What a network's programs `train`, `evaluate`, `inspect`, `backward` and `predict` have in common. They share these names:
 *
 * - States: `parameters` (flat), the optimizer's `slot_0` and `slot_1` (of the same length), `statistics` (of batch
 *   normalization), `probes` (the sums of `train`), `inspectionSums` and `inspectionMaxima`.
 * - Data: `inputs`, `targets`.
 * - Step inputs: `indices` int32 [batch], `inverseBatch` (1 / batch size), the optimizer's scalars, `dropout_1.mask`,
 *   `dropout_2.mask`, ... uint8 [batch, units] (1 keeps a unit), and the `rows` [batch, features] of `predict`.
 */
import type { Task, TrainingSpec } from '../../vocabulary/index.ts';
import type { TrainingData } from '../network.ts';
import { normalize } from '../math/scaling.ts';
import { forwardPass, type Forward, type Mode } from '../model/forward-pass.ts';
import type { ModelOutline, Tensor } from '../../model/outline.ts';
import type { ProgramBuilder, Value } from '../program/builder.ts';

/** What the programs need to know about the data: its shape and how it is weighed, not its values. */
type DataShape = Omit<TrainingData, 'inputs' | 'targets'> & { inputType: 'uint8' | 'float32' };
export interface ProgramSpec {
  outline: ModelOutline;
  training: TrainingSpec;
  data: DataShape;
}

interface OpenModel {
  parameters: Value;
  statistics: Value | null;
  tensor: (parameter: Tensor) => Value;
  forward: (features: Value, mode: Mode) => Forward;
}

export function openModel(b: ProgramBuilder, { outline }: ProgramSpec): OpenModel {
  const parameters = b.state('parameters', outline.parameterCount);
  const statistics = outline.statisticCount > 0 ? b.state('statistics', outline.statisticCount) : null;
  const tensor = ({ offset, size, shape }: Tensor): Value => b.reshape(b.slice(parameters, offset, size), shape);
  return {
    parameters,
    statistics,
    tensor,
    forward: (features, mode) => forwardPass(b, { outline, features, tensor, statistics, mode }),
  };
}

/**
 * `targets` and `weights` are in the form that losses take, [batch, outputs] and as described there; `classes` are the
 * class indices, [batch].
 */
export interface Batch {
  features: Value;
  targets: Value;
  classes: Value | null;
  weights: Value | null;
}

export function gatherBatch(b: ProgramBuilder, data: DataShape): Batch {
  const { task, sampleCount, featureCount, outputCount, classWeights } = data;
  const indices = b.step('indices', 'int32', ['batch']);
  const rows = b.gather(b.data('inputs', data.inputType, [sampleCount, featureCount]), indices);
  const features = normalize(b, b.cast(rows), data.normalization);
  if (task !== 'classification') {
    const targets = b.gather(b.data('targets', 'float32', [sampleCount, outputCount]), indices);
    const weights = classWeights && b.constant(classWeights, [outputCount]);
    return { features, targets: normalize(b, targets, data.targetNormalization), classes: null, weights };
  }
  const classes = b.gather(b.data('targets', 'int32', [sampleCount]), indices);
  const targets = oneHot(b, classes, outputCount);
  const weights = classWeights && b.sum(b.mul(targets, b.constant(classWeights, [outputCount])), [1], true);
  return { features, targets, classes, weights };
}

/** Class indices [batch] as rows [batch, classes] with a 1 for the class. */
export function oneHot(b: ProgramBuilder, classes: Value, count: number): Value {
  const allClasses = b.constant(
    Int32Array.from({ length: count }, (_, index) => index),
    [count],
  );
  return b.cast(b.equal(b.reshape(classes, ['batch', 1]), allClasses));
}

/** Number of samples whose largest output is their class; for multilabel the sum of the shares of correct labels. */
export function outputCorrect(b: ProgramBuilder, task: Task, outputs: Value, { targets, classes }: Batch): void {
  if (classes) b.output('correct', b.sum(b.cast(b.equal(b.argMax(outputs), classes))));
  if (task !== 'multilabel') return;
  const wrong = b.abs(b.sub(b.step01(outputs), targets));
  b.output('correct', b.mul(b.sum(b.sub(1, wrong)), 1 / Number(outputs.shape[1])));
}

/** Programs with frozen weights and no dropout: evaluation, inspection of every neuron, prediction. */
import { confusionSize, type Task } from '../../vocabulary/index.ts';
import { ACTIVATION_RULES } from '../math/activations.ts';
import { LOSS_RULES } from '../math/losses.ts';
import { denormalize, normalize } from '../math/scaling.ts';
import type { WatchedLayer } from '../../model/outline.ts';
import { gatherBatch, oneHot, openModel, outputCorrect, type Batch, type ProgramSpec } from './open-model.ts';
import { ProgramBuilder, type Value } from '../program/builder.ts';
import { gradients } from '../program/gradients.ts';
import type { Program } from '../program/program.ts';

/** For every hidden neuron, in groups like PROBES. */
export const INSPECTION_SUMS = ['fired', 'nonZero', 'sumAbs', 'saturated', 'sumAbsGradient'] as const;
/** Minima are kept as maxima of the negated values. */
export const INSPECTION_MAXIMA = [
  'minusMinPreActivation',
  'maxPreActivation',
  'minusMinOutput',
  'maxOutput',
  'maxAbsGradient',
] as const;

/** Sum of the losses over the batch size, and number of correct samples of a batch, and for each output what scores are computed from. */
export function buildEvaluate(spec: ProgramSpec): Program {
  const b = new ProgramBuilder();
  const batch = gatherBatch(b, spec.data);
  const { outputs } = openModel(b, spec).forward(batch.features, { name: 'inference' });
  const total = b.sum(LOSS_RULES[spec.training.loss](b, outputs, batch.targets, batch.weights));
  b.output('loss', b.mul(total, b.step('inverseBatch', 'float32', [])));
  outputCorrect(b, spec.data.task, outputs, batch);
  outputSums(b, spec.data.task, outputs, batch);
  return b.build('evaluate');
}

/** Sums over the batch, [outputs]: of squared errors, or of the samples that get a class or label, and of the right ones. */
function outputSums(b: ProgramBuilder, task: Task, outputs: Value, { targets }: Batch): void {
  if (task === 'regression') {
    const error = b.sub(outputs, targets);
    b.output('squaredErrors', b.sum(b.mul(error, error), [0]));
    return;
  }
  const predicted =
    task === 'classification' ? oneHot(b, b.argMax(outputs), Number(outputs.shape[1])) : b.step01(outputs);
  b.output('predicted', b.sum(predicted, [0]));
  b.output('hits', b.sum(b.mul(predicted, targets), [0]));
  if (confusionSize(task, Number(outputs.shape[1])) > 0)
    b.output('confusion', b.flatten(b.matMul(targets, predicted, true)));
}

/**
 * Adds a batch to the extremes and sums of every hidden neuron. Gradients are of each sample's own loss, so nothing is
 * divided by the batch size.
 */
export function buildInspect(spec: ProgramSpec): Program | null {
  const { outline, training } = spec;
  if (outline.watchedUnits === 0) return null;
  const b = new ProgramBuilder();
  const batch = gatherBatch(b, spec.data);
  const { outputs, neurons } = openModel(b, spec).forward(batch.features, { name: 'inference' });
  const loss = b.sum(LOSS_RULES[training.loss](b, outputs, batch.targets, batch.weights));
  const zGradients = gradients(
    b,
    loss,
    neurons.map(({ z }) => z),
  ).map((gradient) => b.abs(gradient));
  const total = (value: Value): Value => b.sum(value, [0]);
  const greatest = (value: Value): Value => b.max(value, [0]);

  const sums = b.state('inspectionSums', INSPECTION_SUMS.length * outline.watchedUnits);
  b.update(
    sums,
    b.add(
      sums,
      b.concat([
        ...neurons.map(({ z }) => total(b.step01(z))),
        ...neurons.map(({ output }) => total(b.step01(b.abs(output)))),
        ...neurons.map(({ output }) => total(b.abs(output))),
        ...outline.watched.flatMap((layer, index) => {
          const output = neurons[index]?.output;
          return output ? saturatedCount(b, layer, output) : [];
        }),
        ...zGradients.map(total),
      ]),
    ),
  );
  const maxima = b.state('inspectionMaxima', INSPECTION_MAXIMA.length * outline.watchedUnits);
  b.update(
    maxima,
    b.maximum(
      maxima,
      b.concat([
        ...neurons.map(({ z }) => greatest(b.neg(z))),
        ...neurons.map(({ z }) => greatest(z)),
        ...neurons.map(({ output }) => greatest(b.neg(output))),
        ...neurons.map(({ output }) => greatest(output)),
        ...zGradients.map(greatest),
      ]),
    ),
  );
  return b.build('inspect');
}

/**
 * One pass forward and backward: the gradient of the mean loss with respect to every parameter, in their order, and what
 * each hidden layer puts out, [batch, units]. No state changes.
 */
export function buildBackward(spec: ProgramSpec): Program {
  const { outline, training } = spec;
  const b = new ProgramBuilder();
  const batch = gatherBatch(b, spec.data);
  const model = openModel(b, spec);
  const { outputs, neurons } = model.forward(batch.features, { name: 'inference' });
  const total = b.sum(LOSS_RULES[training.loss](b, outputs, batch.targets, batch.weights));
  const loss =
    batch.classes && batch.weights
      ? b.div(total, b.sum(batch.weights))
      : b.mul(total, b.step('inverseBatch', 'float32', []));
  const tensors = gradients(b, loss, outline.tensors.map(model.tensor));
  b.output('gradient', b.concat(tensors.map((tensor) => b.flatten(tensor))));
  neurons.forEach(({ output }, layer) => b.output(activationsName(layer), output));
  return b.build('backward');
}
/** Of the hidden layer at this place. */
export const activationsName = (layer: number): string => `activations_${layer}`;

/** Probabilities or values for raw rows that need not be part of the data set. */
export function buildPredict(spec: ProgramSpec): Program {
  const b = new ProgramBuilder();
  const { task, featureCount, normalization, targetNormalization } = spec.data;
  const features = normalize(b, b.step('rows', 'float32', ['batch', featureCount]), normalization);
  const { outputs } = openModel(b, spec).forward(features, { name: 'inference' });
  b.output('predictions', denormalize(b, OUTPUT_RULES[task](b, outputs), targetNormalization));
  return b.build('predict');
}

/** Turns the output layer's logits or values into predictions. */
const OUTPUT_RULES: Record<Task, (b: ProgramBuilder, outputs: Value) => Value> = {
  classification(b, logits) {
    const powers = b.exp(b.sub(logits, b.max(logits, [1], true)));
    return b.div(powers, b.sum(powers, [1], true));
  },
  multilabel: (b, logits) => b.unary('sigmoid', logits),
  regression: (_b, values) => values,
};

function saturatedCount(b: ProgramBuilder, { activation, units }: WatchedLayer, output: Value): Value {
  const { saturated } = ACTIVATION_RULES[activation.type];
  return saturated ? b.sum(saturated(b, output), [0]) : b.constant(new Float32Array(units), [units]);
}

/** One step of training as two programs: forward, loss, backward and probes; then clipping and the optimizer. */
import { ACTIVATION_RULES } from '../math/activations.ts';
import type { Neurons } from '../model/forward-pass.ts';
import { maskName } from '../math/dropout.ts';
import { LOSS_RULES } from '../math/losses.ts';
import type { ModelOutline } from '../../model/outline.ts';
import { optimizerScalars, optimizerUpdate, slotCountOf } from '../math/optimizers.ts';
import { gatherBatch, openModel, outputCorrect, type ProgramSpec } from './open-model.ts';
import { ProgramBuilder, type Value } from '../program/builder.ts';
import { gradients } from '../program/gradients.ts';
import type { Program, Routine } from '../program/program.ts';

export const slotName = (slot: number): string => `slot_${slot}`;

/** Groups of numbers, one per neuron, that follow one another in their vector: [group, hidden neurons]. */
export const PROBES = ['fired', 'sumAbs', 'sumAbsGradient'] as const;

/** The state in which `gradient` leaves the gradient for `update`: flat, in the order of the parameters. */
const GRADIENT = 'gradient';

/** The gradient's norm is taken before clipping, the loss and the probes before the weights are updated. */
export const buildTrainingStep = (spec: ProgramSpec): Routine => ({
  name: 'train',
  programs: [buildGradient(spec), buildUpdate(spec)],
  handedOver: [GRADIENT],
  largestBatch: spec.training.batchSize,
});

/** Forward and backward: the loss, the gradient of the mean loss, running statistics and probes. */
function buildGradient(spec: ProgramSpec): Program {
  const b = new ProgramBuilder();
  const { outline, training } = spec;
  const model = openModel(b, spec);
  const batch = gatherBatch(b, spec.data);
  const inverseBatch = b.step('inverseBatch', 'float32', []);
  const pass = model.forward(batch.features, {
    name: 'training',
    inverseBatch,
    mask: (layer) => b.step(maskName(layer), 'uint8', ['batch', layer.units]),
  });
  const total = b.sum(LOSS_RULES[training.loss](b, pass.outputs, batch.targets, batch.weights));
  // As in PyTorch, weighted samples have a weighted mean; the weights of labels do not change the number of samples.
  const loss = batch.classes && batch.weights ? b.div(total, b.sum(batch.weights)) : b.mul(total, inverseBatch);

  const wanted = [...outline.tensors.map(model.tensor), ...pass.neurons.map(({ z }) => z)];
  const all = gradients(b, loss, wanted);
  const gradient = b.concat(all.slice(0, outline.tensors.length).map((tensor) => b.flatten(tensor)));
  b.update(b.state(GRADIENT, outline.parameterCount), gradient);
  if (model.statistics) b.update(model.statistics, b.concat(pass.nextStatistics));
  if (outline.watchedUnits > 0) countProbes(b, outline, pass.neurons, all.slice(outline.tensors.length));

  b.output('loss', loss);
  outputCorrect(b, spec.data.task, pass.outputs, batch);
  return b.build('gradient');
}

/** The gradient's norm, clipping and the optimizer. Everything is a vector as long as the parameters, or a number. */
function buildUpdate(spec: ProgramSpec): Program {
  const b = new ProgramBuilder();
  const { outline, training } = spec;
  const parameters = b.state('parameters', outline.parameterCount);
  const gradient = b.state(GRADIENT, outline.parameterCount);
  const norm = b.sqrt(b.sum(b.mul(gradient, gradient)));
  updateParameters(b, spec, parameters, clip(b, gradient, norm, training.clipNorm));
  b.output('gradientNorm', norm);
  return b.build('update');
}

/** torch.nn.utils.clip_grad_norm_ */
function clip(b: ProgramBuilder, gradient: Value, norm: Value, maxNorm: number | null): Value {
  return maxNorm === null ? gradient : b.mul(gradient, b.minimum(b.div(maxNorm, b.add(norm, 1e-6)), 1));
}

function updateParameters(
  b: ProgramBuilder,
  { outline, training: { optimizer } }: ProgramSpec,
  parameters: Value,
  gradient: Value,
): void {
  const slots = Array.from({ length: slotCountOf(optimizer) }, (_, slot) =>
    b.state(slotName(slot), outline.parameterCount),
  );
  const scalars = new Map(
    Object.keys(optimizerScalars(optimizer, new Float64Array(0), 1)).map((name) => [name, b.step(name, 'float32', [])]),
  );
  const scalar = (name: string): Value => scalars.get(name) ?? b.scalar(Number.NaN);
  const next = optimizerUpdate(b, optimizer, {
    parameters,
    decayed: decayedParameters(b, outline, parameters),
    gradient,
    slots,
    scalar,
  });
  b.update(parameters, next.parameters);
  slots.forEach((slot, index) => {
    const value = next.slots[index];
    if (!value) throw new TypeError(`The optimizer ${optimizer.type} does not update slot ${index}.`);
    b.update(slot, value);
  });
}

/** Decaying a learned slope would pull PReLU towards ReLU (He et al., 2015): slopes are left out. */
function decayedParameters(b: ProgramBuilder, outline: ModelOutline, parameters: Value): Value {
  const slopes = outline.tensors.filter(({ kind }) => kind === 'alpha');
  if (slopes.length === 0) return parameters;
  const decays = new Float32Array(outline.parameterCount).fill(1);
  for (const { offset, size } of slopes) decays.fill(0, offset, offset + size);
  return b.mul(parameters, b.constant(decays, [outline.parameterCount]));
}

/**
 * Sums over the batch. The gradients are those of the mean loss; the gradient of a single sample's loss is batch size
 * times as large.
 */
function countProbes(b: ProgramBuilder, outline: ModelOutline, neurons: Neurons[], zGradients: Value[]): void {
  const isNonNegative = outline.watched.map(({ activation }) => ACTIVATION_RULES[activation.type].isNonNegative);
  const probes = b.state('probes', PROBES.length * outline.watchedUnits);
  b.update(
    probes,
    b.add(
      probes,
      b.concat([
        ...neurons.map(({ z }) => b.sum(b.step01(z), [0])),
        ...neurons.map(({ output }, layer) => b.sum(isNonNegative[layer] ? output : b.abs(output), [0])),
        ...zGradients.map((gradient) => b.sum(b.abs(gradient), [0])),
      ]),
    ),
  );
}

/**
 * Optimizers on the flat parameter vector, as in torch.optim: epsilon outside the root, weight decay added to the
 * gradient (adamw: decoupled).
 */
import type { OptimizerName, OptimizerSpec } from '../../vocabulary/index.ts';
import type { ProgramBuilder, Value } from '../program/builder.ts';

interface OptimizerRule<Name extends OptimizerName = OptimizerName> {
  /** State vectors as long as the parameters, carried from step to step and initially 0. */
  slotCount(this: void, spec: OptimizerSpec<Name>): number;
  /** Step inputs of some steps, [steps] each, computed on the host in float64. */
  scalars(this: void, spec: OptimizerSpec<Name>, at: Steps): Record<string, ArrayLike<number>>;
  update(this: void, b: ProgramBuilder, spec: OptimizerSpec<Name>, at: UpdateInputs): Update;
}
interface Steps {
  /** Of each step. */
  learningRates: Float64Array;
  /** The first step; they count from 1. */
  first: number;
}
interface UpdateInputs {
  parameters: Value;
  /** Parameters with 0 in place of those that are never decayed. */
  decayed: Value;
  gradient: Value;
  slots: readonly Value[];
  scalar: (name: string) => Value;
}
interface Update {
  parameters: Value;
  slots: Value[];
}

/** Loss gradient plus that of weightDecay / 2 * |w|^2. */
const withPenalty = (b: ProgramBuilder, spec: OptimizerSpec, { gradient, decayed }: UpdateInputs): Value =>
  spec.weightDecay === 0 ? gradient : b.add(gradient, b.mul(decayed, spec.weightDecay));

/** kept * average + (1 - kept) * value */
const average = (b: ProgramBuilder, previous: Value, value: Value, kept: number): Value =>
  b.add(b.mul(previous, kept), b.mul(value, 1 - kept));

const rateOnly = (_spec: OptimizerSpec, { learningRates }: Steps): Record<string, Float64Array> => ({
  learningRate: learningRates,
});

type AdamSpec = OptimizerSpec<'adam' | 'adamw'>;

/**
 * Kingma and Ba (2015). The moments are stored without their factors 1 - beta: m / (1 - beta1) and v / (1 - beta2). The
 * host's scalars compensate for that and correct the bias. The result is learningRate m^ / (sqrt v^ + epsilon) with
 * four fewer passes over the vectors.
 */
function adamStep(
  b: ProgramBuilder,
  { beta1, beta2 }: AdamSpec,
  at: UpdateInputs,
  gradient: Value,
  from: Value,
): Update {
  const mean = b.add(b.mul(at.slots[0]!, beta1), gradient);
  const variance = b.add(b.mul(at.slots[1]!, beta2), b.mul(gradient, gradient));
  const direction = b.div(mean, b.add(b.sqrt(variance), at.scalar('epsilon')));
  return { parameters: b.sub(from, b.mul(direction, at.scalar('stepSize'))), slots: [mean, variance] };
}
function adamScalars(
  { beta1, beta2, epsilon }: AdamSpec,
  { learningRates, first }: Steps,
): Record<'stepSize' | 'epsilon', Float64Array> {
  const [powers1, powers2] = [powers(beta1, first, learningRates.length), powers(beta2, first, learningRates.length)];
  const rootScales = powers2.map((power) => Math.sqrt((1 - beta2) / (1 - power)));
  return {
    stepSize: learningRates.map(
      (rate, index) => (rate * (1 - beta1)) / (1 - (powers1[index] as number)) / (rootScales[index] as number),
    ),
    epsilon: rootScales.map((scale) => epsilon / scale),
  };
}

const POWERS_OF_BLOCK = 64;

/**
 * base^first, base^(first + 1), ... A power is the product of one for its block of exponents and one for the place in it,
 * so it does not depend on where the steps begin. `**` for each of them would take a tenth of a tiny network's step.
 */
function powers(base: number, first: number, count: number): Float64Array {
  const within = Float64Array.from({ length: POWERS_OF_BLOCK }, (_, exponent) => base ** exponent);
  const all = new Float64Array(count);
  let ofBlock = 0;
  for (let index = 0; index < count; index++) {
    const place = (first + index) % POWERS_OF_BLOCK;
    if (index === 0 || place === 0) ofBlock = base ** (first + index - place);
    all[index] = ofBlock * (within[place] as number);
  }
  return all;
}

const OPTIMIZER_RULES: { readonly [Name in OptimizerName]: OptimizerRule<Name> } = {
  sgd: {
    slotCount: ({ momentum }) => (momentum > 0 ? 1 : 0),
    scalars: rateOnly,
    update(b, spec, at) {
      const gradient = withPenalty(b, spec, at);
      const { momentum, nesterov } = spec;
      const [velocity] = at.slots;
      if (!velocity) return { parameters: b.sub(at.parameters, b.mul(gradient, at.scalar('learningRate'))), slots: [] };
      const next = b.add(b.mul(velocity, momentum), gradient);
      const direction = nesterov ? b.add(gradient, b.mul(next, momentum)) : next;
      return { parameters: b.sub(at.parameters, b.mul(direction, at.scalar('learningRate'))), slots: [next] };
    },
  },
  adam: {
    slotCount: () => 2,
    scalars: adamScalars,
    update: (b, spec, at) => adamStep(b, spec, at, withPenalty(b, spec, at), at.parameters),
  },
  adamw: {
    slotCount: () => 2,
    scalars: (spec, at) => ({
      ...adamScalars(spec, at),
      decay: at.learningRates.map((rate) => rate * spec.weightDecay),
    }),
    update(b, spec, at) {
      const from = spec.weightDecay === 0 ? at.parameters : b.sub(at.parameters, b.mul(at.decayed, at.scalar('decay')));
      return adamStep(b, spec, at, at.gradient, from);
    },
  },
  rmsprop: {
    slotCount: ({ momentum }) => (momentum > 0 ? 2 : 1),
    scalars: rateOnly,
    update(b, spec, at) {
      const { rho, epsilon, momentum } = spec;
      const gradient = withPenalty(b, spec, at);
      const [squares, velocity] = at.slots;
      const mean = average(b, squares!, b.mul(gradient, gradient), rho);
      const scaled = b.div(gradient, b.add(b.sqrt(mean), epsilon));
      const next = velocity ? b.add(b.mul(velocity, momentum), scaled) : scaled;
      return {
        parameters: b.sub(at.parameters, b.mul(next, at.scalar('learningRate'))),
        slots: velocity ? [mean, next] : [mean],
      };
    },
  },
  adagrad: {
    slotCount: () => 1,
    scalars: rateOnly,
    update(b, spec, at) {
      const { epsilon } = spec;
      const gradient = withPenalty(b, spec, at);
      const total = b.add(at.slots[0]!, b.mul(gradient, gradient));
      const scaled = b.div(gradient, b.add(b.sqrt(total), epsilon));
      return { parameters: b.sub(at.parameters, b.mul(scaled, at.scalar('learningRate'))), slots: [total] };
    },
  },
};

export const slotCountOf = <Name extends OptimizerName>(spec: OptimizerSpec<Name>): number =>
  OPTIMIZER_RULES[spec.type].slotCount(spec);
/** The step inputs of steps with these learning rates, by name; `first` is the first step, counted from 1. */
export const optimizerScalars = <Name extends OptimizerName>(
  spec: OptimizerSpec<Name>,
  learningRates: Float64Array,
  first: number,
): Record<string, Float32Array> =>
  Object.fromEntries(
    Object.entries(OPTIMIZER_RULES[spec.type].scalars(spec, { learningRates, first })).map(
      ([name, values]) => [name, new Float32Array(values)] as const,
    ),
  );
export const optimizerUpdate = <Name extends OptimizerName>(
  b: ProgramBuilder,
  spec: OptimizerSpec<Name>,
  at: UpdateInputs,
): Update => OPTIMIZER_RULES[spec.type].update(b, spec, at);

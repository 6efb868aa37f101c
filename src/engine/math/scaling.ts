/** How columns are normalised, and how that is undone. `values` are [batch, columns]. */
import type { Scaling } from '../network.ts';
import type { ProgramBuilder, Value } from '../program/builder.ts';

/**
 * (value - shift) * scale. The difference of two float32 numbers is rounded once, so columns far from zero lose nothing:
 * it is what float64 would give, rounded to float32.
 */
export function normalize(b: ProgramBuilder, values: Value, scaling: Scaling | null): Value {
  if (!scaling) return values;
  const { shift, scale } = scaling;
  return b.mul(b.sub(values, b.constant(shift, [shift.length])), b.constant(scale, [scale.length]));
}

/** value * spread + shift */
export function denormalize(b: ProgramBuilder, values: Value, scaling: Scaling | null): Value {
  if (!scaling) return values;
  const { shift } = scaling;
  return b.add(b.mul(values, b.constant(spreadOf(scaling), [shift.length])), b.constant(shift, [shift.length]));
}

/** 1 / scale, which exported models multiply by too, so that they predict what the network predicts. */
export const spreadOf = ({ scale }: Scaling): Float32Array => scale.map((factor) => 1 / factor);

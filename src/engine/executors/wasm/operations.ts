/** Elementwise operations on four lanes. bool is a mask: lanes of ones or zeros. */
import type { BinaryName, ComparisonName, DataType, Node, UnaryName } from '../../program/operations.ts';
import { f32x4, i32x4, v128, type Code, type Local } from './encoder.ts';
import type { ElementaryFunctions } from './functions.ts';

/** Operations whose result depends, element by element, on their operands alone. */
export type ElementName = UnaryName | BinaryName | ComparisonName | 'cast' | 'broadcastLike';

export const isElement = (node: Node): node is Node<ElementName> => node.op in ELEMENT_CODES;

/** Operands whose values are read: broadcastLike takes only the shape of its second one. */
export const valuesOf = ({ op, inputs }: Node): readonly number[] =>
  op === 'broadcastLike' ? inputs.slice(0, 1) : inputs;

interface Operands {
  x: Code;
  y: Code;
  /** Of x. */
  type: DataType;
  elementary: ElementaryFunctions;
}

const ELEMENT_CODES: Record<ElementName, (operands: Operands) => Code> = {
  neg: ({ x }) => f32x4.neg(x),
  // f32x4.abs takes three instructions each time, because V8 makes the mask anew.
  abs: ({ x }) => v128.and(x, i32x4.const(0x7fffffff)),
  sign: ({ x }) =>
    f32x4.sub(
      v128.and(f32x4.gt(x, f32x4.const(0)), f32x4.const(1)),
      v128.and(f32x4.lt(x, f32x4.const(0)), f32x4.const(1)),
    ),
  exp: ({ x, elementary }) => elementary.exp(x),
  log: ({ x, elementary }) => elementary.log(x),
  sqrt: ({ x }) => f32x4.sqrt(x),
  tanh: ({ x, elementary }) => elementary.tanh(x),
  sigmoid: ({ x, elementary }) => elementary.sigmoid(x),
  erf: ({ x, elementary }) => elementary.erf(x),
  softplus: ({ x, elementary }) => elementary.softplus(x),
  relu: ({ x }) => f32x4.pmax(x, f32x4.const(0)),
  add: ({ x, y }) => f32x4.add(x, y),
  sub: ({ x, y }) => f32x4.sub(x, y),
  mul: ({ x, y }) => f32x4.mul(x, y),
  div: ({ x, y }) => f32x4.div(x, y),
  maximum: ({ x, y }) => f32x4.max(x, y),
  minimum: ({ x, y }) => f32x4.min(x, y),
  greater: ({ x, y, type }) => (type === 'int32' ? i32x4.gt(x, y) : f32x4.gt(x, y)),
  equal: ({ x, y, type }) => (type === 'int32' ? i32x4.eq(x, y) : f32x4.eq(x, y)),
  cast: ({ x, type }) => toFloat(x, type),
  broadcastLike: ({ x }) => x,
};

/** The code of one element from its operands, which are in locals. `type`: of the first one. */
export function elementCode(
  { op }: Node<ElementName>,
  type: DataType,
  [x, y]: readonly Local[],
  elementary: ElementaryFunctions,
): Code {
  if (!x) throw new TypeError(`${op} has no operand.`);
  return ELEMENT_CODES[op]({ x: x.get, y: (y ?? x).get, type, elementary });
}

/** uint8 is kept as float32 already. */
export function toFloat(value: Code, type: DataType): Code {
  switch (type) {
    case 'bool':
      return v128.and(value, f32x4.const(1));
    case 'int32':
      return f32x4.convertI32x4(value);
    case 'uint8':
    case 'float32':
      return value;
  }
}

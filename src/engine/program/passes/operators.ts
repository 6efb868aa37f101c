/** The result of fusion: operators, each of them one primitive or several in one. */
import {
  ARITIES,
  perOperand,
  type Arities,
  type NodeOf,
  type OneOperand,
  type OperationForms,
  type Reduction,
  type TwoOperands,
  type Typed,
} from '../operations.ts';
import type { Program } from '../program.ts';
import { broadcast, float32, matrix, productShape, reduce, transposed, TYPE_RULES, type TypeRule } from '../shapes.ts';

interface FusedForms {
  /** a b + bias */
  affine: { inputs: readonly [number, number, number]; transposeA: boolean; transposeB: boolean };
  /** Over the last of two dimensions. */
  softmax: OneOperand;
  /** softmax(x) * factor */
  scaledSoftmax: TwoOperands;
  sumOfSquares: Reduction;
}
export type OperatorForms = OperationForms & FusedForms;
export type OperatorName = keyof OperatorForms;
export type Operator<Name extends OperatorName = OperatorName> = NodeOf<OperatorForms, Name>;

/** A program whose nodes are operators. Ids are kept; `null` replaces a node that is no longer needed. */
export interface FusedProgram extends Omit<Program, 'nodes'> {
  readonly nodes: readonly (Operator | null)[];
}

const OPERATOR_TYPE_RULES: { [N in OperatorName]: TypeRule<OperatorForms[N]> } = {
  ...TYPE_RULES,
  affine({ op, transposeA, transposeB }, [a, b, bias]) {
    const product = productShape(op, transposed(op, a, transposeA), transposed(op, b, transposeB));
    return { dtype: float32(op, a, b, bias), shape: broadcast(product, bias.shape, op) };
  },
  softmax: ({ op }, [x]) => ({ dtype: 'float32', shape: matrix(op, x) }),
  scaledSoftmax: ({ op }, [x, factor]) => ({
    dtype: float32(op, factor),
    shape: broadcast(matrix(op, x), factor.shape, op),
  }),
  sumOfSquares: reduce,
};

const OPERATOR_ARITIES: Arities<OperatorForms> = {
  ...ARITIES,
  affine: 3,
  softmax: 1,
  scaledSoftmax: 2,
  sumOfSquares: 1,
};

/** The type and shape of an operator's result. Throws a TypeError for invalid operands. */
export function inferOperatorType<N extends OperatorName>(operator: Operator<N>, typeOf: (id: number) => Typed): Typed {
  const arity: number | null = OPERATOR_ARITIES[operator.op];
  if (arity !== null && operator.inputs.length !== arity)
    throw new TypeError(`${operator.op} takes ${arity} operands, not ${operator.inputs.length}`);
  const rule: TypeRule<OperatorForms[N]> = OPERATOR_TYPE_RULES[operator.op];
  return rule(operator, perOperand(operator, typeOf));
}

/**
 * Checked by the compiler alone: tables of operations must have an entry for every operation, so each of these lines
 * must be an error.
 */
import type { EXECUTORS } from '../../src/engine/executors/registry.ts';
import type { GradientRule } from '../../src/engine/program/gradients.ts';
import type { Arities, OperationForms, OperationName } from '../../src/engine/program/operations.ts';
import type { TypeRule } from '../../src/engine/program/shapes.ts';

// @ts-expect-error add has two operands
export const forgetful: GradientRule<'add'> = ({ dy }) => [() => dy];

// @ts-expect-error every operation needs a gradient rule
export const fewGradients: { [N in OperationName]: GradientRule<N> } = { add: ({ dy }) => [() => dy, () => dy] };

// @ts-expect-error every operation needs a type rule
export const fewTypes: { [N in OperationName]: TypeRule<OperationForms[N]> } = { cast: (_, [x]) => x };

// @ts-expect-error mul has two operands
export const wrongArity: Pick<Arities<OperationForms>, 'mul'> = { mul: 1 };

type Engines = typeof EXECUTORS;
// @ts-expect-error every engine needs an executor
export const fewEngines: Engines = {} satisfies Partial<Engines>;

// @ts-expect-error an executor is listed under its own name
export const misplaced: Engines['onnx']['name'] = 'tensorflow';

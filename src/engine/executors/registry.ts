/** The engines of this build. An executor loads its library when it is first asked for anything. */
import type { EngineName } from '../../vocabulary/index.ts';
import type { Routine } from '../program/program.ts';
import type { Executor, Suitability } from './executor.ts';
import { HybridExecutor } from './hybrid/hybrid-executor.ts';
import { OnnxExecutor } from './onnx/onnx-executor.ts';
import { TensorflowExecutor } from './tensorflow/tensorflow-executor.ts';
import { WasmExecutor } from './wasm/wasm-executor.ts';

export const EXECUTORS: { readonly [Name in EngineName]: Executor & { readonly name: Name } } = {
  onnx: new OnnxExecutor(),
  hybrid: new HybridExecutor(),
  wasm: new WasmExecutor(),
  tensorflow: new TensorflowExecutor(),
};

export interface Candidate {
  readonly executor: Executor;
  readonly suitability: Suitability;
}

/**
 * Engines to try for a job, the one whose steps cost least first, those that do not suit last. The first routine is what
 * a step costs.
 */
export function candidates(
  choice: 'auto' | EngineName,
  routines: readonly Routine[],
  batchSize: number,
  executors: readonly Executor[] = Object.values(EXECUTORS),
): Candidate[] {
  return executors
    .filter(({ name }) => choice === 'auto' || name === choice)
    .map((executor) => ({ executor, suitability: executor.suits(routines, batchSize) }))
    .toSorted((a, b) => costOf(a) - costOf(b));
}

const costOf = ({ suitability }: Candidate): number => (suitability.ok ? suitability.cost : Number.MAX_VALUE);

/** The engines of this build. An executor loads its library when it is first asked for anything. */
import type { EngineName } from '../../vocabulary/index.ts';
import type { Executor } from './executor.ts';
import { HybridExecutor } from './hybrid/hybrid-executor.ts';
import { OnnxExecutor } from './onnx/onnx-executor.ts';
import { TensorflowExecutor } from './tensorflow/tensorflow-executor.ts';

export const EXECUTORS: { readonly [Name in EngineName]: Executor & { readonly name: Name } } = {
  onnx: new OnnxExecutor(),
  hybrid: new HybridExecutor(),
  tensorflow: new TensorflowExecutor(),
};

/** Lower is preferred: the faster engine for most networks. */
const PREFERENCE: Record<EngineName, number> = { onnx: 1, hybrid: 2, tensorflow: 3 };

/**
 * Engines to try for a job, best first. Which engine is fastest may come to depend on the network: then `auto` asks each
 * executor here what its programs would cost.
 */
export function candidates(choice: 'auto' | EngineName): readonly Executor[] {
  if (choice !== 'auto') return [EXECUTORS[choice]];
  return Object.values(EXECUTORS).toSorted((a, b) => PREFERENCE[a.name] - PREFERENCE[b.name]);
}

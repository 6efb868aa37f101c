/** The engines that there are, and the way to a network on one of them. */
import { RunFailure } from '../errors.ts';
import type { EngineName, ModelSpec, TrainingSpec } from '../schemas/index.ts';
import type { Network, NetworkState, TrainingData } from './network.ts';
import type { Availability, Executor } from './executors/executor.ts';
import { OnnxExecutor } from './executors/onnx/onnx-executor.ts';
import { TensorflowExecutor } from './executors/tensorflow/tensorflow-executor.ts';
import { demandMemory, estimateBytes, memoryBudgetBytes } from './memory.ts';
import { openNetworkOn } from './programs/program-network.ts';
import { planNetwork } from './programs/plan-network.ts';

/**
 * Fastest first: `auto` takes the first one that is available. An executor loads its library when it is first asked.
 */
const EXECUTORS: readonly Executor[] = [new OnnxExecutor(), new TensorflowExecutor()];

/** As GET /v1/engines lists them. */
export interface EngineStatus {
  name: EngineName;
  version: string;
  backend: string;
  available: boolean;
  reason: string | null;
}

export async function listEngines(): Promise<EngineStatus[]> {
  return Promise.all(
    EXECUTORS.map(async (executor) => {
      const { available, backend, reason } = await executor.availability();
      return { name: executor.name, version: executor.version, backend, available, reason };
    }),
  );
}

/**
 * Opens a network on the engine that a job names, at `state` where one is given. Throws OUT_OF_MEMORY before anything
 * large is allocated, ENGINE_UNAVAILABLE, or CHECKPOINT_UNREADABLE where the state is another network's.
 */
export async function openNetwork(
  choice: 'auto' | EngineName,
  model: ModelSpec,
  training: TrainingSpec,
  data: TrainingData,
  options: { budgetBytes?: number; state?: NetworkState | null } = {},
): Promise<Network> {
  const { executor, availability } = await chooseExecutor(choice);
  const budget = Math.min(options.budgetBytes ?? memoryBudgetBytes(), availability.addressableBytes ?? Infinity);
  const programs = planNetwork(model, training, data);
  demandMemory(estimateBytes(programs, training, data), budget);
  return openNetworkOn(executor, model, training, data, programs, options.state ?? null);
}

async function chooseExecutor(
  choice: 'auto' | EngineName,
): Promise<{ executor: Executor; availability: Availability }> {
  const reasons: string[] = [];
  for (const executor of EXECUTORS) {
    if (choice !== 'auto' && choice !== executor.name) continue;
    const availability = await executor.availability();
    if (availability.available) return { executor, availability };
    reasons.push(`${executor.name}: ${availability.reason ?? 'not available'}`);
  }
  throw new RunFailure(
    'ENGINE_UNAVAILABLE',
    `No engine for "${choice}". ${reasons.join(' ') || 'This build does not have it.'}`,
  );
}

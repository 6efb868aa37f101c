/** Lists the engines and opens networks on them. */
import { RunFailure } from '../errors.ts';
import type { EngineListing, EngineName, ModelSpec, TrainingSpec } from '../vocabulary/index.ts';
import type { Network, NetworkState, TrainingData } from './network.ts';
import type { Availability, Executor } from './executors/executor.ts';
import { candidates } from './executors/registry.ts';
import { demandMemory, estimateBytes, memoryBudgetBytes } from './memory.ts';
import { openNetworkOn } from './programs/program-network.ts';
import { planNetwork } from './programs/plan-network.ts';

export async function listEngines(): Promise<EngineListing[]> {
  return Promise.all(
    candidates('auto').map(async (executor) => {
      const { available, backend, reason } = await executor.availability();
      return { name: executor.name, version: executor.version, backend, available, reason };
    }),
  );
}

/**
 * Opens a network on the engine that a job asks for, at `state` if one is given. Throws OUT_OF_MEMORY before anything
 * large is allocated, ENGINE_UNAVAILABLE, or CHECKPOINT_UNREADABLE if the state belongs to another network.
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
  for (const executor of candidates(choice)) {
    const availability = await executor.availability();
    if (availability.available) return { executor, availability };
    reasons.push(`${executor.name}: ${availability.reason ?? 'not available'}`);
  }
  throw new RunFailure('ENGINE_UNAVAILABLE', `No engine is available for "${choice}". ${reasons.join(' ')}`);
}

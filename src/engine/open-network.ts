/** Lists the engines and opens networks on them. */
import { RunFailure } from '../errors.ts';
import type { EngineListing, EngineName, ModelSpec, TrainingSpec } from '../vocabulary/index.ts';
import type { Network, NetworkState, TrainingData } from './network.ts';
import type { Availability, Executor } from './executors/executor.ts';
import { EXECUTORS, type Candidate } from './executors/registry.ts';
import { KnownPlans } from './known-plans.ts';
import { demandMemory, memoryBudgetBytes } from './memory.ts';
import { openNetworkOn } from './programs/program-network.ts';

export async function listEngines(): Promise<EngineListing[]> {
  return Promise.all(
    Object.values(EXECUTORS).map(async (executor: Executor) => {
      const { available, backend, reason } = await executor.availability();
      return { name: executor.name, version: executor.version, backend, available, reason };
    }),
  );
}

const plans = new KnownPlans();

/**
 * Opens a network on the engine that a job asks for, at `state` if one is given. Throws OUT_OF_MEMORY before anything
 * large is allocated, ENGINE_UNAVAILABLE, or CHECKPOINT_UNREADABLE if the state belongs to another network.
 */
export async function openNetwork(
  choice: 'auto' | EngineName,
  model: ModelSpec,
  training: TrainingSpec,
  data: TrainingData,
  options: { budgetBytes?: number; state?: NetworkState | null } & Partial<Cores> = {},
): Promise<Network> {
  const { programs, tried, bytes } = plans.of(choice, model, training, data);
  const chosen = await chooseExecutor(choice, tried);
  const budget = Math.min(options.budgetBytes ?? memoryBudgetBytes(), chosen.availability.addressableBytes ?? Infinity);
  demandMemory(bytes, budget);
  return openNetworkOn(chosen.executor, model, training, data, {
    programs,
    state: options.state ?? null,
    reason: chosen.reason,
    threads: threadsFor(chosen, training.threads, options),
  });
}

/** What a run has to compute with. */
export interface Cores {
  /** Threads of a run that goes on: their number may change the last bits. Null for a run that begins. */
  threads: number | null;
  /** Cores that nobody else uses. */
  idle: number;
}

/** From this cost of a step on, in microseconds, its operators are long enough to be shared. Chosen, not measured. */
const SHARED_STEP = 2000;

function threadsFor(
  { executor, cost }: Choice,
  wanted: TrainingSpec['threads'] | undefined,
  { threads: begunWith = null, idle = 0 }: Partial<Cores>,
): number {
  if (!executor.sharesSteps) return 1;
  // Jobs of earlier versions do not say.
  if (typeof wanted === 'number') return wanted;
  return begunWith ?? (cost >= SHARED_STEP ? 1 + idle : 1);
}

interface Choice {
  executor: Executor;
  availability: Availability;
  reason: string;
  /** Of a step, in microseconds, about. */
  cost: number;
}

/** The first that suits and is available; `reason` names it, its cost, and what the others would cost or lack. */
export async function chooseExecutor(choice: 'auto' | EngineName, tried: readonly Candidate[]): Promise<Choice> {
  const refusals: string[] = [];
  for (const [position, { executor, suitability }] of tried.entries()) {
    const availability = await executor.availability();
    if (!suitability.ok || !availability.available) {
      const reason = suitability.ok ? availability.reason : suitability.reason;
      refusals.push(`${executor.name}: ${reason ?? 'not available'}`);
      continue;
    }
    const others = tried
      .slice(position + 1)
      .flatMap((other) =>
        other.suitability.ok ? [`${other.executor.name} about ${inWords(other.suitability.cost)}`] : [],
      );
    const cost = `A step of this network and batch takes about ${inWords(suitability.cost)} on ${executor.name}`;
    const comparison = others.length > 0 ? `, on ${others.join(', on ')}` : '';
    const reason = choice === 'auto' ? [`${cost}${comparison}.`, ...refusals].join(' ') : 'The job asks for it.';
    return { executor, availability, reason, cost: suitability.cost };
  }
  throw new RunFailure('ENGINE_UNAVAILABLE', `No engine is available for "${choice}". ${refusals.join(' ')}`);
}

const inWords = (microseconds: number): string => {
  const [value, unit] = microseconds < 1000 ? [microseconds, 'us'] : [microseconds / 1000, 'ms'];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
};

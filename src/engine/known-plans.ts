/**
 * What was found out about networks that were opened before, for the next one of the same shape: its programs, what they cost
 * on each engine, and their memory. For a small network this takes longer than to train it.
 */
import type { EngineName, ModelSpec, TrainingSpec } from '../vocabulary/index.ts';
import { candidates, type Candidate } from './executors/registry.ts';
import { estimateBytes } from './memory.ts';
import type { TrainingData } from './network.ts';
import { planNetwork, type NetworkPrograms } from './programs/plan-network.ts';

interface Plan {
  readonly programs: NetworkPrograms;
  /** Engines to try, in order. */
  readonly tried: readonly Candidate[];
  /** That training needs at once, about. */
  readonly bytes: number;
}

const MOST_PLANS = 16;
/** Longer descriptions and programs with more constants are of networks that train for long. */
const LONGEST_KEY = 2 ** 15;
const MOST_CONSTANTS = 2 ** 16;

export class KnownPlans {
  /** The one that was not asked for longest first. */
  readonly #known = new Map<string, Plan>();

  of(choice: 'auto' | EngineName, model: ModelSpec, training: TrainingSpec, data: TrainingData): Plan {
    const key = keyOf(choice, model, training, data);
    const known = this.#known.get(key);
    if (known) this.#known.delete(key);
    const plan = known ?? make(choice, model, training, data);
    if (known || (key.length <= LONGEST_KEY && constantsOf(plan.programs) <= MOST_CONSTANTS))
      this.#known.set(key, plan);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST_PLANS && oldest !== undefined) this.#known.delete(oldest);
    return plan;
  }
}

function make(choice: 'auto' | EngineName, model: ModelSpec, training: TrainingSpec, data: TrainingData): Plan {
  const programs = planNetwork(model, training, data);
  return {
    programs,
    tried: candidates(choice, programs.all, training.batchSize),
    bytes: estimateBytes(programs, data),
  };
}

/** All that a plan depends on: no values of the data, and neither first weights nor what draws them. */
function keyOf(choice: 'auto' | EngineName, model: ModelSpec, training: TrainingSpec, data: TrainingData): string {
  const { initialWeights: _weights, ...shape } = model;
  const { seed: _seed, epochs: _epochs, ...steps } = training;
  const { inputs, targets, ...rest } = data;
  const types = [inputs, targets].map((array) => array.constructor.name);
  return JSON.stringify([choice, shape, steps, rest, types], (_name, value: unknown) =>
    value instanceof Float32Array
      ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1')
      : value,
  );
}

const constantsOf = ({ all }: NetworkPrograms): number =>
  all
    .flatMap(({ programs }) => programs.flatMap(({ nodes }) => nodes))
    .reduce((sum, node) => sum + (node.op === 'constant' ? node.values.length : 0), 0);

import type { Executor } from '../../src/engine/executors/executor.ts';
import { prune } from '../../src/engine/program/prune.ts';

/** The same programs without the neuron counters. */
export function withoutCounters(executor: Executor): Executor {
  return {
    name: executor.name,
    version: executor.version,
    sharesSteps: executor.sharesSteps,
    availability: () => executor.availability(),
    suits: (routines, batchSize) => executor.suits(routines, batchSize),
    open: (routines, data, states, threads) =>
      executor.open(
        routines.map(({ programs, ...routine }) => ({
          ...routine,
          programs: programs.map((program) =>
            prune({ ...program, states: program.states.filter(({ name }) => name !== 'probes') }),
          ),
        })),
        data,
        states,
        threads,
      ),
  };
}

/**
 * How much memory a network needs and may use. A job that cannot fit fails with a clear message instead of swapping.
 */
import { totalmem } from 'node:os';
import { RunFailure } from '../errors.ts';
import type { TrainingData } from './network.ts';
import type { NetworkPrograms } from './programs/plan-network.ts';
import { joinPrograms } from './program/join.ts';
import { peakBytes } from './program/liveness.ts';
import { inputsOf, type Program } from './program/program.ts';
import { elementCount } from './program/shapes.ts';

/** Half of what this process may use. The other threads, the database and the system need the rest. */
export function memoryBudgetBytes(): number {
  const allowed = process.constrainedMemory();
  return (allowed > 0 ? Math.min(allowed, totalmem()) : totalmem()) / 2;
}

/**
 * Bytes that training needs at once: the data, every state twice (before and after a step), and the values and inputs
 * of the largest step. The library's own 100 MB or so are not counted.
 */
export function estimateBytes({ all }: NetworkPrograms, data: TrainingData): number {
  const programs = all.map(joinPrograms);
  const states = new Map(
    programs.flatMap((program) =>
      inputsOf(program, 'state').map(({ name, shape }) => [name, 4 * elementCount(shape, 1)] as const),
    ),
  );
  const stateBytes = [...states.values()].reduce((sum, bytes) => sum + bytes, 0);
  const stepBytes = Math.max(...all.map((routine) => bytesOfStep(joinPrograms(routine), routine.largestBatch)));
  return data.inputs.byteLength + data.targets.byteLength + 2 * stateBytes + stepBytes;
}

/** Throws OUT_OF_MEMORY if the estimate exceeds the budget. */
export function demandMemory(neededBytes: number, budgetBytes: number): void {
  if (neededBytes <= budgetBytes) return;
  throw new RunFailure(
    'OUT_OF_MEMORY',
    `Training would need about ${megabytes(neededBytes)} MB of memory, but only ${megabytes(budgetBytes)} MB is allowed. Use fewer units or layers, a smaller batch or fewer samples.`,
  );
}

function bytesOfStep(program: Program, batchSize: number): number {
  const inputs = inputsOf(program, 'step').reduce((sum, { shape }) => sum + 4 * elementCount(shape, batchSize), 0);
  return peakBytes(program, batchSize) + inputs;
}

const megabytes = (bytes: number): string => Math.ceil(bytes / 1e6).toLocaleString('en-US');

/**
 * One WebAssembly memory with everything that a network carries from step to step: parameters, gradients, the
 * optimizer's slots, sums of counters. Libraries compute on views of it. It is as large as the programs need from the
 * beginning, because a memory that grows takes its views away.
 */
import { planMemory, type MemoryPlan } from '../../program/memory-plan.ts';
import { allocate, type Memory } from '../wasm/runtime.ts';

export class StateMemory {
  readonly memory: Memory;
  readonly #plan: MemoryPlan;
  readonly #sizes: ReadonlyMap<string, number>;

  /** Zeroed; sizes are in elements of float32. */
  constructor(sizes: ReadonlyMap<string, number>) {
    this.#sizes = sizes;
    this.#plan = planMemory(sizes);
    this.memory = allocate(this.#plan.bytes);
  }

  /** In bytes. */
  offset(name: string): number {
    const offset = this.#plan.offsets.get(name);
    if (offset === undefined) throw new RangeError(`There is no state ${name}.`);
    return offset;
  }

  /** A part of a vector, or all of it; no copy. */
  view(name: string, first = 0, size = this.#sizes.get(name)): Float32Array<ArrayBuffer> {
    return new Float32Array(this.memory.buffer, this.offset(name) + 4 * first, size);
  }
}

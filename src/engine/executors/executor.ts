/** The contract of an executor: it runs programs in float32 and adds no mathematics. */
import type { EngineName } from '../../vocabulary/index.ts';
import type { Routine } from '../program/program.ts';

export type HostArray = Float32Array | Int32Array | Uint8Array;

/** `reason` says why the executor is not available on this machine, or why a faster backend of it is not used. */
export interface Availability {
  available: boolean;
  backend: string;
  reason: string | null;
  /** Most memory that the backend can use, if that is less than the machine has. */
  addressableBytes?: number;
}

/** What a step of training takes, in microseconds, about; or why the executor cannot run it. */
export type Suitability = { ok: true; cost: number } | { ok: false; reason: string };

export interface Executor {
  readonly name: EngineName;
  /** Version of the library that does the arithmetic. */
  readonly version: string;
  /** Whether several threads can share the work of a step. */
  readonly sharesSteps: boolean;
  /** Loads the library on first use. Never throws: a library that does not load becomes the reason. */
  availability(): Promise<Availability>;
  /** Whether the executor can run the routines, and what a step of the first with this batch size takes. Loads nothing. */
  suits(routines: readonly Routine[], batchSize: number): Suitability;
  /**
   * Opens routines that share their states. `data` holds every `data` input by name. It may be used without a copy, so
   * it must not change while the executable is open. `states` holds the first value of every state by name, but of those
   * that are only handed over, and is copied. Their programs must be legal (verify.ts). `threads` share the work of a
   * step, if the executor can; results may depend on their number.
   */
  open(
    routines: readonly Routine[],
    data: Readonly<Record<string, HostArray>>,
    states: Readonly<Record<string, Float32Array>>,
    threads?: number,
  ): Promise<Executable>;
}

/** One run: K steps of one routine with one batch size. */
export interface RunOrder {
  /** Name of the routine. */
  readonly program: string;
  /** K, at least 1. */
  readonly steps: number;
  readonly batchSize: number;
  /** Every step input by name: [K, ...shape], row-major. bool does not occur; uint8 may. */
  readonly inputs: Readonly<Record<string, HostArray>>;
}

export interface Executable {
  /** Runs the steps in order; the states are then those after the last one. Returns every output, [K, ...shape]. */
  run(order: RunOrder): Promise<Record<string, Float32Array>>;
  /** A copy. */
  readState(name: string): Float32Array;
  /** Copies `values` in. */
  writeState(name: string, values: Float32Array): void;
  /** Frees data, states and programs; an executor may keep small programs for the next one of this shape. Idempotent. */
  close(): Promise<void>;
}

/** What runs programs. An executor computes what the program says, in float32, and adds no mathematics of its own. */
import type { EngineName } from '../../schemas/index.ts';
import type { Program } from '../program/program.ts';

export type HostArray = Float32Array | Int32Array | Uint8Array;

/**
 * How an executor stands on this machine. `reason`: why it is not available, or why a faster backend of it is not used.
 */
export interface Availability {
  available: boolean;
  backend: string;
  reason: string | null;
  /** Most memory that the backend can use, where that is less than the machine's. */ addressableBytes?: number;
}

export interface Executor {
  readonly name: EngineName;
  /** Of the library that does the arithmetic. */
  readonly version: string;
  /** Loads the library where that is not yet done. Never throws: a library that does not load is a reason. */
  availability(): Promise<Availability>;
  /**
   * Opens programs that share their states. `data` holds every `data` input by name, and is not copied when that can be
   * avoided,
   * so it must not change while the executable is open. `states` holds the first value of every state by name; it is
   * copied.
   */
  open(
    programs: readonly Program[],
    data: Readonly<Record<string, HostArray>>,
    states: Readonly<Record<string, Float32Array>>,
  ): Promise<Executable>;
}

/** One run: K steps of one program with one batch size. */
export interface RunOrder {
  readonly program: string;
  /** K, at least 1. */
  readonly steps: number;
  readonly batchSize: number;
  /** Every step input by name: [K, ...shape], row-major. bool does not occur; uint8 may. */
  readonly inputs: Readonly<Record<string, HostArray>>;
}

export interface Executable {
  /** Runs the steps in order and leaves the states after the last one. Every output by name, [K, ...shape]. */
  run(order: RunOrder): Promise<Record<string, Float32Array>>;
  /** A copy. */
  readState(name: string): Float32Array;
  /** Copies `values` in. */
  writeState(name: string, values: Float32Array): void;
  /** Frees everything. Idempotent. */
  close(): Promise<void>;
}

import type { Program } from '../../program/program.ts';
import type { RunOrder } from '../executor.ts';

/** One program of a routine. Its steps read and write the states where they lie. */
export interface Part {
  /** What every step of a run needs, made once for its batch size and inputs. */
  prepare(order: RunOrder): Promise<PreparedPart>;
  close(): Promise<void>;
}

export interface PreparedPart {
  /** Of every output: where a step leaves it. */
  readonly outputs: ReadonlyMap<string, Float32Array>;
  /** Computes a step. */
  readonly run: (step: number) => Promise<void> | void;
}

/** A step input of a run: [K, ...shape]. */
export function stepInput(program: Program, { inputs }: RunOrder, name: string): RunOrder['inputs'][string] {
  const values = inputs[name];
  if (!values) throw new RangeError(`Program ${program.name} needs step input ${name}.`);
  return values;
}

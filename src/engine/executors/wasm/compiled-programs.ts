/**
 * Programs that were compiled before, for the next network of the same shape: V8 keeps its optimised code with a module,
 * so such a network is fast from its first step. Training runs, sweeps and questions repeat shapes.
 */
import type { Program } from '../../program/program.ts';
import { compileProgram, type CompiledProgram, type MemoryMap } from './compile.ts';
import { compile, type Module } from './runtime.ts';

export interface Loaded {
  readonly compiled: CompiledProgram;
  readonly module: Module;
}

/** Five programs of six shapes. */
const MOST_PROGRAMS = 30;
const LONGEST_CODE = 2 ** 18;

export class CompiledPrograms {
  /** The one that was not asked for longest first. */
  readonly #known = new Map<string, Loaded>();

  load(program: Program, batchSize: number, map: MemoryMap, fused: boolean): Loaded {
    const key = keyOf(program, batchSize, map);
    const loaded = this.#known.get(key) ?? make(program, batchSize, map, fused);
    this.#known.delete(key);
    if (loaded.compiled.code.length <= LONGEST_CODE) this.#known.set(key, loaded);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST_PROGRAMS && oldest !== undefined) this.#known.delete(oldest);
    return loaded;
  }
}

function make(program: Program, batchSize: number, map: MemoryMap, fused: boolean): Loaded {
  const compiled = compileProgram(program, batchSize, map, fused);
  return { compiled, module: compile(compiled.code) };
}

/** Everything that the code depends on, so that no two programs share a key. */
const keyOf = (program: Program, batchSize: number, { states, data, free }: MemoryMap): string =>
  `${JSON.stringify([batchSize, [...states], [...data], free])} ${textOf(program)}`;

const texts = new WeakMap<Program, string>();

function textOf(program: Program): string {
  let text = texts.get(program);
  if (text === undefined) texts.set(program, (text = JSON.stringify(program, withBytes)));
  return text;
}

/** Arrays as their bytes. */
const withBytes = (_name: string, value: unknown): unknown =>
  value instanceof Float32Array || value instanceof Int32Array
    ? `${value.constructor.name} ${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1')}`
    : value;

/**
 * Runs programs with ONNX Runtime and WebAssembly on one memory: products of matrices are the library's, and passes over
 * long vectors, such as an optimizer's, are SIMD loops (vector-loops.ts). A step is one call of each. Nothing is copied
 * between them, nor before or after a run, except what the library returns, which it copies. For networks whose steps take
 * long enough to pay for a call.
 */
import { inputsOf, type Routine } from '../../program/program.ts';
import { elementCount } from '../../program/shapes.ts';
import type { Availability, Executable, Executor, HostArray, RunOrder, Suitability } from '../executor.ts';
import { IdleSessions } from '../onnx/idle-sessions.ts';
import { CallsInTurn, dataTensors, OnnxRuntime, type Runtime } from '../onnx/runtime.ts';
import { costOfStep, type Prices } from '../work.ts';
import { ColumnPart } from './column-part.ts';
import { splitColumnReductions, type SplitProgram } from './column-reductions.ts';
import { GraphPart, type GraphTools } from './graph-part.ts';
import { LoopPart } from './loop-part.ts';
import type { Part, PreparedPart } from './part.ts';
import { StateMemory } from './state-memory.ts';
import { isVectorProgram } from './vector-loops.ts';

/** What 32 bits can address. */
const ADDRESSABLE_BYTES = 2 ** 32;

/** Measured by bench/prices beside onnx on an AMD EPYC (Zen 5), 2026-11-28, both cores busy. */
const PRICES: Prices = {
  perStep: 0,
  perOperation: 0.83,
  perKiloMultiplyAdd: 0.015,
  perKiloBatchElement: 0.21,
  perKiloVectorElement: 0.047,
  perKiloLargeElement: 0.044,
};

export class HybridExecutor implements Executor {
  readonly name = 'hybrid';
  readonly sharesSteps = true;
  readonly #runtime: OnnxRuntime;
  readonly #idle = new IdleSessions();

  constructor(importRuntime?: () => Promise<Runtime>) {
    this.#runtime = new OnnxRuntime(importRuntime);
  }

  get version(): string {
    return this.#runtime.version;
  }

  async availability(): Promise<Availability> {
    const { backend, ...runtime } = await this.#runtime.availability();
    return { ...runtime, backend: `${backend} and wasm`, addressableBytes: ADDRESSABLE_BYTES };
  }

  suits(routines: readonly Routine[], batchSize: number): Suitability {
    return { ok: true, cost: costOfStep(routines, batchSize, PRICES) };
  }

  async open(
    routines: readonly Routine[],
    data: Readonly<Record<string, HostArray>>,
    states: Readonly<Record<string, Float32Array>>,
    threads = 1,
  ): Promise<Executable> {
    const runtime = await this.#runtime.load();
    const programs = routines.flatMap((routine) => routine.programs);
    const tools = { runtime, idle: this.#idle, threads, tables: dataTensors(runtime, programs, data) };
    return new HybridExecutable(tools, routines, states);
  }
}

class HybridExecutable implements Executable {
  readonly #memory: StateMemory;
  readonly #routines: Map<string, Part[]>;
  /** The sessions are given up after the last of them. */
  readonly #calls = new CallsInTurn();

  constructor(tools: GraphTools, routines: readonly Routine[], states: Readonly<Record<string, Float32Array>>) {
    const pieces = routines.map((routine) => ({ ...routine, programs: routine.programs.map(splitColumnReductions) }));
    this.#memory = new StateMemory(
      new Map([
        ...Object.entries(states).map(([name, values]) => [name, values.length] as const),
        ...pieces.flatMap(({ programs, largestBatch }) => programs.flatMap((split) => sizesOf(split, largestBatch))),
      ]),
    );
    this.#routines = new Map(
      pieces.map(({ name, programs, largestBatch }) => [
        name,
        programs.flatMap((split) => partsOf(split, this.#memory, tools, largestBatch)),
      ]),
    );
    for (const [name, values] of Object.entries(states)) this.writeState(name, values);
  }

  run(order: RunOrder): Promise<Record<string, Float32Array>> {
    return this.#calls.add(() => this.#call(order));
  }

  readState(name: string): Float32Array {
    return this.#memory.view(name).slice();
  }
  writeState(name: string, values: Float32Array): void {
    this.#memory.view(name).set(values);
  }

  async close(): Promise<void> {
    await this.#calls.ended();
    const parts = [...this.#routines.values()].flat();
    this.#routines.clear();
    for (const part of parts) await part.close();
  }

  async #call(order: RunOrder): Promise<Record<string, Float32Array>> {
    const parts = this.#routines.get(order.program);
    if (!parts) throw new RangeError(`There is no program ${order.program}.`);
    const prepared: PreparedPart[] = [];
    for (const part of parts) prepared.push(await part.prepare(order));
    const results = prepared
      .flatMap(({ outputs }) => [...outputs])
      .map(([name, latest]) => ({ name, latest, all: new Float32Array(order.steps * latest.length) }));
    for (let step = 0; step < order.steps; step++) {
      for (const part of prepared) await part.run(step);
      for (const { latest, all } of results) all.set(latest, step * latest.length);
    }
    return Object.fromEntries(results.map(({ name, all }) => [name, all]));
  }
}

function partsOf(
  { program, madeElsewhere, reductions }: SplitProgram,
  memory: StateMemory,
  tools: GraphTools,
  largestBatch: number,
): Part[] {
  if (isVectorProgram(program)) return [new LoopPart(program, memory)];
  const kept = new Set(reductions.map(({ value }) => value));
  const graph = new GraphPart(program, memory, tools, { kept, madeElsewhere, largestBatch });
  return reductions.length === 0 ? [graph] : [graph, new ColumnPart(reductions, memory)];
}

/** Elements of everything that a program wants in memory. */
function sizesOf(
  { program, reductions }: SplitProgram,
  largestBatch: number,
): (readonly [name: string, elements: number])[] {
  const states = inputsOf(program, 'state').map(({ name, shape }) => [name, elementCount(shape, Number.NaN)] as const);
  const own = isVectorProgram(program) ? LoopPart.sizesOf(program) : GraphPart.sizesOf(program);
  return [...states, ...own, ...ColumnPart.sizesOf(reductions, largestBatch)];
}

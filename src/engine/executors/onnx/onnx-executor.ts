/** Runs programs with ONNX Runtime: each program is one session, and a run of K steps is one call into it. */
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { DataType } from '../../program/operations.ts';
import { joinPrograms } from '../../program/join.ts';
import { inputsOf, type Program, type Routine } from '../../program/program.ts';
import { peakBytes } from '../../program/liveness.ts';
import { concreteShape, elementCount } from '../../program/shapes.ts';
import type { Availability, Executable, Executor, HostArray, RunOrder, Suitability } from '../executor.ts';
import { demandRows, rowCounts } from '../rows.ts';
import { costOfStep, type Prices } from '../work.ts';
import { freeArrays } from './free-arrays.ts';
import { IdleSessions } from './idle-sessions.ts';
import { CallsInTurn, dataTensors, OnnxRuntime, sessionOptions, type Runtime } from './runtime.ts';
import { encodeStepGraph, NAMES } from './step-graph.ts';

/** Measured by bench/prices on an AMD EPYC (Zen 5), 2026-11-28. */
const PRICES: Prices = {
  perStep: 0,
  perOperation: 0.27,
  perKiloMultiplyAdd: 0.011,
  perKiloBatchElement: 0.16,
  perKiloVectorElement: 0.14,
  perKiloLargeElement: 0.12,
};

export class OnnxExecutor implements Executor {
  readonly name = 'onnx';
  readonly sharesSteps = true;
  readonly #runtime: OnnxRuntime;
  readonly #idle = new IdleSessions();

  constructor(importRuntime?: () => Promise<Runtime>) {
    this.#runtime = new OnnxRuntime(importRuntime);
  }

  get version(): string {
    return this.#runtime.version;
  }

  availability(): Promise<Availability> {
    return this.#runtime.availability();
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
    const tools = { runtime: await this.#runtime.load(), idle: this.#idle, threads };
    return new OnnxExecutable(tools, routines.map(joinPrograms), data, states);
  }
}

interface Tools {
  runtime: Runtime;
  idle: IdleSessions;
  threads: number;
}

interface Compiled {
  model: Uint8Array;
  session: InferenceSession;
  /** What the largest run needed, about. */
  runBytes: number;
}

interface Opened {
  program: Program;
  /** Null until the program first runs: a network that is only trained compiles nothing else. */
  compiled: Compiled | null;
  /** By step input of row numbers: how many rows there are. */
  rows: ReadonlyMap<string, number>;
}

class OnnxExecutable implements Executable {
  readonly #tools: Tools;
  readonly #programs: Map<string, Opened>;
  readonly #data: Map<string, Tensor>;
  readonly #states = new Map<string, Tensor>();
  /** The sessions are given up after the last of them. */
  readonly #calls = new CallsInTurn();

  constructor(
    tools: Tools,
    programs: readonly Program[],
    data: Readonly<Record<string, HostArray>>,
    states: Readonly<Record<string, Float32Array>>,
  ) {
    this.#tools = tools;
    this.#programs = new Map(
      programs.map((program) => [program.name, { program, compiled: null, rows: rowCounts(program) }]),
    );
    this.#data = dataTensors(tools.runtime, programs, data);
    for (const [name, values] of Object.entries(states)) this.writeState(name, values);
  }

  run(order: RunOrder): Promise<Record<string, Float32Array>> {
    return this.#calls.add(() => this.#call(order));
  }

  readState(name: string): Float32Array {
    const state = this.#states.get(name);
    if (!state) throw new RangeError(`There is no state ${name}.`);
    return floatsOf(state).slice();
  }
  writeState(name: string, values: Float32Array): void {
    this.#states.set(name, this.#tensor('float32', values.slice(), [values.length]));
  }

  async close(): Promise<void> {
    await this.#calls.ended();
    const all = [...this.#programs.values()].flatMap(({ compiled }) => compiled ?? []);
    this.#programs.clear();
    this.#data.clear();
    this.#states.clear();
    for (const { model, session, runBytes } of all)
      await this.#tools.idle.put({ model, threads: this.#tools.threads }, session, runBytes);
  }

  async #call({ program: name, steps, batchSize, inputs }: RunOrder): Promise<Record<string, Float32Array>> {
    const opened = this.#programs.get(name);
    if (!opened) throw new RangeError(`There is no program ${name}.`);
    const { program } = opened;
    const feeds: Record<string, Tensor> = {};
    for (const node of inputsOf(program, 'data')) feeds[NAMES.data(node.name)] = named(this.#data, node.name);
    for (const node of inputsOf(program, 'step')) {
      const values = inputs[node.name];
      if (!values) throw new RangeError(`Program ${name} needs step input ${node.name}.`);
      const rows = opened.rows.get(node.name);
      if (rows !== undefined) demandRows(values, rows);
      feeds[NAMES.step(node.name)] = this.#tensor(node.dtype, values, [steps, ...concreteShape(node.shape, batchSize)]);
    }
    for (const state of program.states) feeds[NAMES.state(state.name)] = named(this.#states, state.name);

    const compiled = (opened.compiled ??= await this.#compile(program));
    compiled.runBytes = Math.max(compiled.runBytes, bytesOfRun(program, steps, batchSize));
    const results = new Map(Object.entries(await compiled.session.run(feeds)));
    const before: Record<string, Tensor> = {};
    for (const { name: state, next } of program.states) {
      if (next === null) continue;
      before[state] = named(this.#states, state);
      this.#states.set(state, named(results, NAMES.next(state)));
    }
    freeArrays(before);
    return Object.fromEntries(
      program.outputs.map(({ name: output }) => [output, floatsOf(named(results, NAMES.output(output)))]),
    );
  }

  async #compile(program: Program): Promise<Compiled> {
    const model = encodeStepGraph(program);
    const { runtime, idle, threads } = this.#tools;
    const session =
      idle.take({ model, threads }) ?? (await runtime.InferenceSession.create(model, sessionOptions(threads)));
    return { model, session, runBytes: 0 };
  }

  #tensor(dtype: DataType, values: HostArray, dims: number[]): Tensor {
    return new this.#tools.runtime.Tensor(dtype, values, dims);
  }
}

function named(tensors: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const tensor = tensors.get(name);
  if (!tensor) throw new RangeError(`There is no tensor ${name}.`);
  return tensor;
}

function floatsOf({ data }: Tensor): Float32Array {
  if (!(data instanceof Float32Array)) throw new TypeError('The runtime returned values that are not float32.');
  return data;
}

/** The values of one step, and the rows of all steps, which are gathered before the first. */
function bytesOfRun(program: Program, steps: number, batchSize: number): number {
  const gathered = program.nodes.reduce(
    (sum, { op, shape }) => sum + (op === 'gather' ? 4 * elementCount(shape, batchSize) : 0),
    0,
  );
  return peakBytes(program, batchSize) + steps * gathered;
}

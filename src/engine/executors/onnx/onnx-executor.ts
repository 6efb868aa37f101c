/** Runs programs with ONNX Runtime: each program is one session, and a run of K steps is one call into it. */
import { createRequire } from 'node:module';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { perOperand, type DataType } from '../../program/operations.ts';
import { joinPrograms } from '../../program/join.ts';
import { inputsOf, type Program, type Routine } from '../../program/program.ts';
import { peakBytes } from '../../program/liveness.ts';
import { concreteShape, elementCount } from '../../program/shapes.ts';
import { FLUSHING } from '../../denormals.ts';
import type { Availability, Executable, Executor, HostArray, RunOrder } from '../executor.ts';
import { IdleSessions } from './idle-sessions.ts';
import { encodeStepGraph, NAMES } from './step-graph.ts';

type Runtime = typeof import('onnxruntime-node');

const BACKEND = 'onnxruntime';

/** One thread per run: a worker thread trains one run, and there is one of them per core. */
const SESSION_OPTIONS: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  logSeverityLevel: 3,
  ...FLUSHING,
};

export class OnnxExecutor implements Executor {
  readonly name = 'onnx';
  readonly version = installedVersion();
  readonly #import: () => Promise<Runtime>;
  readonly #idle = new IdleSessions();
  #runtime: Promise<Runtime> | null = null;

  constructor(importRuntime: () => Promise<Runtime> = () => import('onnxruntime-node')) {
    this.#import = importRuntime;
  }

  async availability(): Promise<Availability> {
    try {
      await this.#load();
      return { available: true, backend: BACKEND, reason: null };
    } catch (error) {
      return { available: false, backend: BACKEND, reason: explain(error) };
    }
  }

  async open(
    routines: readonly Routine[],
    data: Readonly<Record<string, HostArray>>,
    states: Readonly<Record<string, Float32Array>>,
  ): Promise<Executable> {
    return new OnnxExecutable(await this.#load(), this.#idle, routines.map(joinPrograms), data, states);
  }

  #load(): Promise<Runtime> {
    return (this.#runtime ??= this.#import());
  }
}

/** npm leaves the package out where its install script fails, because it is optional. */
function explain(error: unknown): string {
  if ((error as { code?: unknown } | null)?.code === 'ERR_MODULE_NOT_FOUND')
    return 'The package onnxruntime-node is not installed. Run ONNXRUNTIME_NODE_INSTALL=skip npm install where Relumine is installed, then restart the service.';
  const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
  return `onnxruntime-node did not load: ${line}`;
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
  /** By step input: the row counts of the data that it indexes. */
  tableSizes: Map<string, number[]>;
}

class OnnxExecutable implements Executable {
  readonly #runtime: Runtime;
  readonly #idle: IdleSessions;
  readonly #programs: Map<string, Opened>;
  readonly #data = new Map<string, Tensor>();
  readonly #states = new Map<string, Tensor>();
  /** Calls run one after another, and the sessions are given up after the last of them. */
  #lastCall: Promise<unknown> = Promise.resolve();

  constructor(
    runtime: Runtime,
    idle: IdleSessions,
    programs: readonly Program[],
    data: Readonly<Record<string, HostArray>>,
    states: Readonly<Record<string, Float32Array>>,
  ) {
    this.#runtime = runtime;
    this.#idle = idle;
    this.#programs = new Map(
      programs.map((program) => [program.name, { program, compiled: null, tableSizes: tableSizesOf(program) }]),
    );
    for (const [name, values] of Object.entries(states)) this.writeState(name, values);
    for (const program of programs) {
      for (const { name, dtype, shape } of inputsOf(program, 'data')) {
        const values = data[name];
        if (!values) throw new RangeError(`Program ${program.name} needs data ${name}.`);
        if (!this.#data.has(name))
          this.#data.set(name, this.#tensor(dtype, ownMemory(values), concreteShape(shape, Number.NaN)));
      }
    }
  }

  run(order: RunOrder): Promise<Record<string, Float32Array>> {
    const call = this.#lastCall.then(() => this.#call(order));
    this.#lastCall = call.catch(() => undefined);
    return call;
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
    await this.#lastCall;
    const all = [...this.#programs.values()].flatMap(({ compiled }) => compiled ?? []);
    this.#programs.clear();
    this.#data.clear();
    this.#states.clear();
    for (const { model, session, runBytes } of all) await this.#idle.put(model, session, runBytes);
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
      for (const sampleCount of opened.tableSizes.get(node.name) ?? []) demandRows(values, sampleCount);
      feeds[NAMES.step(node.name)] = this.#tensor(node.dtype, values, [steps, ...concreteShape(node.shape, batchSize)]);
    }
    for (const state of program.states) feeds[NAMES.state(state.name)] = named(this.#states, state.name);

    const compiled = (opened.compiled ??= await this.#compile(program));
    compiled.runBytes = Math.max(compiled.runBytes, bytesOfRun(program, steps, batchSize));
    const results = new Map(Object.entries(await compiled.session.run(feeds)));
    for (const { name: state, next } of program.states)
      if (next !== null) this.#states.set(state, named(results, NAMES.next(state)));
    return Object.fromEntries(
      program.outputs.map(({ name: output }) => [output, floatsOf(named(results, NAMES.output(output)))]),
    );
  }

  async #compile(program: Program): Promise<Compiled> {
    const model = encodeStepGraph(program);
    const session = this.#idle.take(model) ?? (await this.#runtime.InferenceSession.create(model, SESSION_OPTIONS));
    return { model, session, runBytes: 0 };
  }

  #tensor(dtype: DataType, values: HostArray, dims: number[]): Tensor {
    return new this.#runtime.Tensor(dtype, values, dims);
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

function tableSizesOf({ nodes }: Program): Map<string, number[]> {
  const sizes = new Map<string, number[]>();
  for (const node of nodes) {
    if (node.op !== 'gather') continue;
    const [table, indices] = perOperand(node, (id) => nodes[id]);
    if (indices?.op === 'input') sizes.set(indices.name, [...(sizes.get(indices.name) ?? []), Number(table?.shape[0])]);
  }
  return sizes;
}

/** The values of one step, and the rows of all steps, which are gathered before the first. */
function bytesOfRun(program: Program, steps: number, batchSize: number): number {
  const gathered = program.nodes.reduce(
    (sum, { op, shape }) => sum + (op === 'gather' ? 4 * elementCount(shape, batchSize) : 0),
    0,
  );
  return peakBytes(program, batchSize) + steps * gathered;
}

/** The runtime would take negative indices from the end. */
function demandRows(indices: HostArray, sampleCount: number): void {
  const wrong = indices.find((index) => index < 0 || index >= sampleCount);
  if (wrong !== undefined) throw new RangeError(`There is no row ${wrong}.`);
}

/** The runtime takes no shared memory. */
const ownMemory = <A extends HostArray>(values: A): A =>
  values.buffer instanceof ArrayBuffer ? values : (values.slice() as A);

function installedVersion(): string {
  try {
    return (createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string }).version;
  } catch {
    return 'none';
  }
}

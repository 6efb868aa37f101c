/** A program computed by ONNX Runtime, one step per call, on views of the states. */
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { peakBytes } from '../../program/liveness.ts';
import type { DataType } from '../../program/operations.ts';
import { inputsOf, type InputNode, type Program } from '../../program/program.ts';
import { concreteShape, elementCount } from '../../program/shapes.ts';
import type { HostArray, RunOrder } from '../executor.ts';
import { freeArrays } from '../onnx/free-arrays.ts';
import type { IdleSessions } from '../onnx/idle-sessions.ts';
import { encodePieceGraph, type Piece, type PieceGraph } from '../onnx/piece-graph.ts';
import { sessionOptions, type Runtime } from '../onnx/runtime.ts';
import { NAMES } from '../onnx/step-graph.ts';
import { demandRows, rowCounts } from '../rows.ts';
import { valuePlace } from './column-part.ts';
import { stepInput, type Part, type PreparedPart } from './part.ts';
import type { StateMemory } from './state-memory.ts';

export interface GraphTools {
  runtime: Runtime;
  idle: IdleSessions;
  /** That share each operator. */
  threads: number;
  /** The data by name. */
  tables: ReadonlyMap<string, Tensor>;
}

export interface GraphOptions {
  /** Outputs that stay in memory, where the next part reads them. */
  kept: ReadonlySet<string>;
  /** Parts of states that the next part makes. */
  madeElsewhere: ReadonlySet<number>;
  largestBatch: number;
}

interface Compiled extends PieceGraph {
  session: InferenceSession;
}

/** Everything for steps of one batch size: tensors are made once, and only their values change. */
interface Bound {
  feeds: Record<string, Tensor>;
  fetches: Record<string, Tensor>;
  /** Where the slice of each step input goes. */
  inputs: { node: InputNode; slice: HostArray }[];
  outputs: Map<string, Float32Array>;
}

/** Batch sizes that are kept ready: the usual one, the rest of an epoch, and one of another kind of pass. */
const MOST_BOUND = 3;

export class GraphPart implements Part {
  readonly #program: Program;
  readonly #memory: StateMemory;
  readonly #tools: GraphTools;
  readonly #kept: ReadonlySet<string>;
  readonly #madeElsewhere: ReadonlySet<number>;
  readonly #largestBatch: number;
  readonly #rows: ReadonlyMap<string, number>;
  /** Null until the program first runs: a network that is only trained compiles nothing else. */
  #compiled: Compiled | null = null;
  readonly #bound = new Map<number, Bound>();
  /** What the largest run needed, about. */
  #runBytes = 0;

  constructor(
    program: Program,
    memory: StateMemory,
    tools: GraphTools,
    { kept, madeElsewhere, largestBatch }: GraphOptions,
  ) {
    this.#madeElsewhere = madeElsewhere;
    this.#kept = kept;
    this.#largestBatch = largestBatch;
    this.#program = program;
    this.#memory = memory;
    this.#tools = tools;
    this.#rows = rowCounts(program);
  }

  /** Elements of the states that it reads and writes: their new values wait in other places until the step has ended. */
  static sizesOf(program: Program): (readonly [name: string, elements: number])[] {
    return waitingStates(program).map((name) => {
      const state = inputsOf(program, 'state').find((input) => input.name === name);
      return [nextName(name), elementCount(state?.shape ?? [], Number.NaN)] as const;
    });
  }

  async prepare(order: RunOrder): Promise<PreparedPart> {
    if (order.batchSize > this.#largestBatch)
      throw new RangeError(`A step of ${order.program} takes at most ${this.#largestBatch} samples.`);
    const compiled = (this.#compiled ??= await this.#compile());
    const { feeds, fetches, inputs, outputs } = this.#bind(compiled, order.batchSize);
    const slices = inputs.map(({ node: { name }, slice }) => {
      const values = stepInput(this.#program, order, name);
      const rows = this.#rows.get(name);
      if (rows !== undefined) demandRows(values, rows);
      return { values, slice };
    });
    const copies = waitingStates(this.#program).map((name) => ({
      from: this.#memory.view(nextName(name)),
      to: this.#memory.view(name),
    }));
    const run = async (step: number): Promise<void> => {
      for (const { values, slice } of slices)
        slice.set(values.subarray(step * slice.length, (step + 1) * slice.length));
      freeArrays(await compiled.session.run(feeds, fetches));
      for (const { from, to } of copies) to.set(from);
    };
    return { outputs, run };
  }

  async close(): Promise<void> {
    this.#bound.clear();
    if (!this.#compiled) return;
    const { model, session } = this.#compiled;
    this.#compiled = null;
    await this.#tools.idle.put({ model, threads: this.#tools.threads }, session, this.#runBytes);
  }

  async #compile(): Promise<Compiled> {
    const graph = encodePieceGraph(this.#program, this.#madeElsewhere);
    const { runtime, idle, threads } = this.#tools;
    const session =
      idle.take({ model: graph.model, threads }) ??
      (await runtime.InferenceSession.create(graph.model, sessionOptions(threads)));
    return { ...graph, session };
  }

  #bind(graph: PieceGraph, batchSize: number): Bound {
    const known = this.#bound.get(batchSize);
    if (known) return known;
    const program = this.#program;
    const inputs = inputsOf(program, 'step').map((node) => ({ node, slice: arrayFor(node, batchSize) }));
    const places = new Map(
      program.outputs.map(({ name, node }) => {
        const size = elementCount(program.nodes[node]?.shape ?? [], batchSize);
        return [
          name,
          this.#kept.has(name) ? this.#memory.view(valuePlace(name), 0, size) : new Float32Array(size),
        ] as const;
      }),
    );
    const outputs = new Map([...places].filter(([name]) => !this.#kept.has(name)));
    const waiting = new Set(waitingStates(program));
    const bound: Bound = {
      inputs,
      outputs,
      feeds: Object.fromEntries([
        ...inputsOf(program, 'data').map(({ name }) => [NAMES.data(name), this.#table(name)] as const),
        ...inputs.map(
          ({ node: { name, dtype, shape }, slice }) =>
            [NAMES.step(name), this.#tensor(dtype, slice, concreteShape(shape, batchSize))] as const,
        ),
        ...graph.read.map((piece) => [piece.name, this.#pieceTensor(piece, piece.state)] as const),
        ...(graph.ones === null
          ? []
          : [[graph.ones, this.#tensor('float32', new Float32Array(batchSize).fill(1), [batchSize])] as const]),
      ]),
      fetches: Object.fromEntries([
        ...program.outputs.map(({ name, node }) => {
          const dims = concreteShape(program.nodes[node]?.shape ?? [], batchSize);
          const values = places.get(name) ?? new Float32Array();
          return [graph.outputs.get(name) ?? name, this.#tensor('float32', values, dims)] as const;
        }),
        ...graph.written.map(
          (piece) =>
            [
              piece.name,
              this.#pieceTensor(piece, waiting.has(piece.state) ? nextName(piece.state) : piece.state),
            ] as const,
        ),
      ]),
    };
    const [oldest] = this.#bound.keys();
    if (this.#bound.size >= MOST_BOUND && oldest !== undefined) this.#bound.delete(oldest);
    this.#bound.set(batchSize, bound);
    this.#runBytes = Math.max(this.#runBytes, peakBytes(program, batchSize));
    return bound;
  }

  #pieceTensor({ offset, shape }: Piece, place: string): Tensor {
    return this.#tensor('float32', this.#memory.view(place, offset, elementCount(shape, Number.NaN)), [...shape]);
  }

  /** With properties in place of its getters: the library would call each of them back in every step. */
  #tensor(dtype: DataType, values: HostArray, dims: number[]): Tensor {
    const tensor = new this.#tools.runtime.Tensor(dtype, values, dims);
    return Object.defineProperties(tensor, { data: { value: values }, location: { value: tensor.location } });
  }

  #table(name: string): Tensor {
    const table = this.#tools.tables.get(name);
    if (!table) throw new RangeError(`There is no data ${name}.`);
    return table;
  }
}

const nextName = (state: string): string => `next ${state}`;

/** The states that the program reads and writes. The library may write a result before it has read all operands. */
function waitingStates({ nodes, states, outputs }: Program): string[] {
  const read = new Set([
    ...nodes.flatMap(({ inputs }) => inputs),
    ...outputs.map(({ node }) => node),
    ...states.flatMap(({ next }) => next ?? []),
  ]);
  return states.flatMap(({ name, input, next }) => (next !== null && read.has(input) ? [name] : []));
}

function arrayFor({ dtype, shape }: InputNode, batchSize: number): HostArray {
  const size = elementCount(shape, batchSize);
  switch (dtype) {
    case 'float32':
      return new Float32Array(size);
    case 'int32':
      return new Int32Array(size);
    case 'uint8':
    case 'bool':
      return new Uint8Array(size);
  }
}

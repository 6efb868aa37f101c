/** Runs programs with TensorFlow.js, one op at a time. Every tensor is freed at its last use. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { lastUses } from '../../program/liveness.ts';
import type { DataType, Node } from '../../program/operations.ts';
import type { InputNode, Program } from '../../program/program.ts';
import { concreteShape, elementCount } from '../../program/shapes.ts';
import type { Availability, Executable, Executor, HostArray, RunOrder } from '../executor.ts';
import { onBackend, openBackend, type Backend, type OpenBackend, type TensorFlow } from './backends.ts';
import { kernelFor, type Kernel } from './kernels.ts';
import { nodeKernelFor } from './node-kernels.ts';

/** A WASM heap ends at 2 GiB, and some of that is lost to fragments. */
const WASM_BYTES = 1.5 * 2 ** 30;

/** On the best backend that loads, or on the one named. */
export class TensorflowExecutor implements Executor {
  readonly name = 'tensorflow';
  readonly #wanted: Backend | null;
  #backend: Promise<OpenBackend> | null = null;
  #version = '';

  constructor(options: { backend?: Backend } = {}) {
    this.#wanted = options.backend ?? null;
  }

  get version(): string {
    return this.#version;
  }

  async availability(): Promise<Availability> {
    try {
      const { backend, reason } = await this.#open();
      return { available: true, backend, reason, ...(backend === 'wasm' && { addressableBytes: WASM_BYTES }) };
    } catch (error) {
      return {
        available: false,
        backend: this.#wanted ?? 'none',
        reason: error instanceof Error ? error.message : String(error),
      };
    }
  }

  async open(
    programs: readonly Program[],
    data: Readonly<Record<string, HostArray>>,
    states: Readonly<Record<string, Float32Array>>,
  ): Promise<Executable> {
    return new TensorflowExecutable(await this.#open(), programs, data, states);
  }

  async #open(): Promise<OpenBackend> {
    this.#backend ??= openBackend(this.#wanted);
    const opened = await this.#backend;
    this.#version = opened.tf.version_core;
    return opened;
  }
}

/** A state is wherever it was written last: on the host until a run needs it, then in a tensor. */
type State = { at: 'host'; values: Float32Array } | { at: 'backend'; tensor: Tensor };

/** A program with all that does not change between its steps. */
interface Prepared {
  program: Program;
  /** Made by the first run, when the backend is the current one. */
  kernels: (Kernel | null)[] | null;
  /** Ids of the values to free after each node. */
  freed: number[][];
  constants: Map<number, Tensor>;
}

class TensorflowExecutable implements Executable {
  readonly #tf: TensorFlow;
  readonly #opened: OpenBackend;
  readonly #data: Readonly<Record<string, HostArray>>;
  readonly #states = new Map<string, State>();
  readonly #prepared = new Map<string, Prepared>();
  /** Axes and shapes that ops take as tensors. */
  readonly #integers = new Map<string, Tensor>();

  constructor(
    opened: OpenBackend,
    programs: readonly Program[],
    data: Readonly<Record<string, HostArray>>,
    states: Readonly<Record<string, Float32Array>>,
  ) {
    this.#opened = opened;
    this.#tf = opened.tf;
    this.#data = data;
    for (const program of programs) {
      this.#prepared.set(program.name, { program, kernels: null, freed: lastUses(program), constants: new Map() });
    }
    for (const [name, values] of Object.entries(states)) this.writeState(name, values);
  }

  async run(order: RunOrder): Promise<Record<string, Float32Array>> {
    const prepared = this.#prepared.get(order.program);
    if (!prepared) throw new RangeError(`no program ${order.program}`);
    return onBackend(this.#opened, () => this.#runSteps(prepared, order));
  }

  readState(name: string): Float32Array {
    const state = this.#state(name);
    return state.at === 'host' ? state.values.slice() : state.tensor.dataSync<'float32'>().slice();
  }

  writeState(name: string, values: Float32Array): void {
    this.#dropState(name);
    this.#states.set(name, { at: 'host', values: values.slice() });
  }

  async close(): Promise<void> {
    for (const name of this.#states.keys()) this.#dropState(name);
    for (const { constants } of this.#prepared.values()) for (const tensor of constants.values()) tensor.dispose();
    for (const tensor of this.#integers.values()) tensor.dispose();
    this.#integers.clear();
    this.#states.clear();
    this.#prepared.clear();
    await Promise.resolve();
  }

  #runSteps(prepared: Prepared, order: RunOrder): Record<string, Float32Array> {
    const { nodes, outputs } = prepared.program;
    prepared.kernels ??= nodes.map((node) => this.#kernel(node, nodes[node.inputs[0] ?? node.id]!.dtype));
    const results = Object.fromEntries(
      outputs.map(({ name, node }) => [
        name,
        new Float32Array(order.steps * elementCount(nodes[node]!.shape, order.batchSize)),
      ]),
    );
    for (let step = 0; step < order.steps; step++) {
      this.#tf.engine().startScope();
      try {
        this.#runStep(prepared, order, step, results);
      } finally {
        this.#tf.engine().endScope(); // frees what an exception left behind
      }
    }
    return results;
  }

  #kernel(node: Node, operandType: DataType): Kernel | null {
    if (this.#opened.backend !== 'tensorflow') return kernelFor(this.#tf, node);
    return nodeKernelFor(this.#tf, node, operandType, (values) => this.#integerTensor(values));
  }

  #integerTensor(values: number | readonly number[]): Tensor {
    const key = typeof values === 'number' ? String(values) : `[${values.join()}]`;
    let tensor = this.#integers.get(key);
    if (!tensor) {
      tensor = this.#tf.keep(
        typeof values === 'number' ? this.#tf.scalar(values, 'int32') : this.#tf.tensor1d([...values], 'int32'),
      );
      this.#integers.set(key, tensor);
    }
    return tensor;
  }

  #runStep(
    { program, kernels, freed, constants }: Prepared,
    order: RunOrder,
    step: number,
    results: Record<string, Float32Array>,
  ): void {
    const values: (Tensor | undefined)[] = [];
    for (const node of program.nodes) {
      const kernel = kernels![node.id];
      values[node.id] = kernel
        ? kernel(
            node.inputs.map((id) => values[id]!),
            order.batchSize,
          )
        : this.#fromHost(program, node, constants, order, step);
      for (const id of freed[node.id]!) {
        values[id]?.dispose();
        values[id] = undefined;
      }
    }
    for (const { name, node } of program.outputs) {
      const output = values[node]!.dataSync<'float32'>();
      results[name]!.set(output, step * output.length);
    }
    this.#updateStates(program, values);
  }

  /**
   * A value that no kernel makes. Data and the indices into it stay on the host, so only gathered rows are copied to
   * the backend.
   */
  #fromHost(
    program: Program,
    node: Node,
    constants: Map<number, Tensor>,
    order: RunOrder,
    step: number,
  ): Tensor | undefined {
    if (node.op === 'constant') {
      let tensor = constants.get(node.id);
      if (!tensor) {
        tensor = this.#tf.keep(this.#tensor(node.values, node, order.batchSize));
        constants.set(node.id, tensor);
      }
      return tensor;
    }
    if (node.op === 'gather') {
      const [table, indices] = node.inputs.map((id) => program.nodes[id]!);
      const rows = gatherRows(
        this.#data[(table as InputNode).name]!,
        stepInput(indices as InputNode, order, step),
        elementCount(node.shape.slice(1), 1),
      );
      return this.#tensor(rows, node, order.batchSize);
    }
    const input = node as InputNode;
    if (input.role === 'state') return this.#stateTensor(input);
    if (input.role === 'data' || input.dtype === 'int32') return undefined;
    return this.#tensor(stepInput(input, order, step), node, order.batchSize);
  }

  #tensor(values: HostArray, node: Node, batchSize: number): Tensor {
    const dtype = node.dtype === 'int32' ? 'int32' : 'float32';
    // TensorFlow.js knows no uint8: small whole numbers travel as float32, in which they are exact.
    return this.#tf.tensor(
      values instanceof Uint8Array ? Float32Array.from(values) : values,
      concreteShape(node.shape, batchSize),
      dtype,
    );
  }

  #stateTensor({ name, shape }: InputNode): Tensor {
    const state = this.#state(name);
    if (state.at === 'backend') return state.tensor;
    const tensor = this.#tf.keep(this.#tf.tensor1d(state.values, 'float32'));
    if (tensor.size !== shape[0])
      throw new RangeError(`state ${name} has ${tensor.size} values instead of ${String(shape[0])}`);
    this.#states.set(name, { at: 'backend', tensor });
    return tensor;
  }

  #updateStates({ states, nodes }: Program, values: (Tensor | undefined)[]): void {
    const taken = new Set<number>();
    for (const { name, next } of states) {
      if (next === null) continue;
      const own = nodes[next]!.op !== 'input' && nodes[next]!.op !== 'constant' && !taken.has(next);
      taken.add(next);
      const tensor = this.#tf.keep(own ? values[next]! : values[next]!.clone());
      this.#dropState(name);
      this.#states.set(name, { at: 'backend', tensor });
    }
  }

  #state(name: string): State {
    const state = this.#states.get(name);
    if (!state) throw new RangeError(`no state ${name}`);
    return state;
  }

  #dropState(name: string): void {
    const state = this.#states.get(name);
    if (state?.at === 'backend') state.tensor.dispose();
  }
}

/** This step's slice of a step input. */
function stepInput({ name, shape }: InputNode, { inputs, batchSize }: RunOrder, step: number): HostArray {
  const values = inputs[name];
  if (!values) throw new RangeError(`no step input ${name}`);
  const count = elementCount(shape, batchSize);
  return values.slice(step * count, (step + 1) * count);
}

function gatherRows(table: HostArray, indices: HostArray, width: number): HostArray {
  const rows =
    table instanceof Int32Array ? new Int32Array(indices.length * width) : new Float32Array(indices.length * width);
  indices.forEach((index, row) => {
    if (index < 0 || (index + 1) * width > table.length) throw new RangeError(`no row ${index}`);
    rows.set(table.subarray(index * width, (index + 1) * width), row * width);
  });
  return rows;
}

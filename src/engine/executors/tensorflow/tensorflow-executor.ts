/** Runs programs with TensorFlow.js, one op at a time. Every tensor is freed at its last use. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { lastUses } from '../../program/liveness.ts';
import { isSource, perOperand, type Node } from '../../program/operations.ts';
import { joinPrograms } from '../../program/join.ts';
import type { InputNode, Program, Routine } from '../../program/program.ts';
import { concreteShape, elementCount } from '../../program/shapes.ts';
import { verifyProgram } from '../../program/verify.ts';
import type { Availability, Executable, Executor, HostArray, RunOrder, Suitability } from '../executor.ts';
import { costOfStep, type Prices } from '../work.ts';
import { onBackend, openBackend, type Backend, type OpenBackend, type TensorFlow } from './backends.ts';
import { isFromHost, kernelFor, type HostName, type Kernel, type KernelName } from './kernels.ts';
import { nodeKernelFor } from './node-kernels.ts';

/** A WASM heap ends at 2 GiB, and some of that is lost to fragmentation. */
const WASM_BYTES = 1.5 * 2 ** 30;

/** Measured by bench/prices on an AMD EPYC (Zen 5), 2026-11-28, on WebAssembly. */
const PRICES: Prices = {
  perStep: 7.8,
  perOperation: 6.3,
  perKiloMultiplyAdd: 0.016,
  perKiloBatchElement: 1.1,
  perKiloVectorElement: 0.53,
  perKiloLargeElement: 0,
};

/** Runs on the best backend that loads, or on the one given. */
export class TensorflowExecutor implements Executor {
  readonly name = 'tensorflow';
  readonly sharesSteps = false;
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

  suits(routines: readonly Routine[], batchSize: number): Suitability {
    return { ok: true, cost: costOfStep(routines, batchSize, PRICES) };
  }

  async open(
    routines: readonly Routine[],
    data: Readonly<Record<string, HostArray>>,
    states: Readonly<Record<string, Float32Array>>,
  ): Promise<Executable> {
    return new TensorflowExecutable(await this.#open(), routines.map(joinPrograms), data, states);
  }

  async #open(): Promise<OpenBackend> {
    this.#backend ??= openBackend(this.#wanted);
    const opened = await this.#backend;
    this.#version = opened.tf.version_core;
    return opened;
  }
}

/** A state is where it was last written: on the host until a run needs it, then in a tensor. */
type State = { at: 'host'; values: Float32Array } | { at: 'backend'; tensor: Tensor };

/** A program with everything that does not change between its steps. */
interface Prepared {
  program: Program;
  /** Created by the first run, when this backend is the current one. */
  work: NodeWork[] | null;
  constants: Map<number, Tensor>;
}
/** How to compute a node; `freed` are the ids of the values to free after it. */
type NodeWork = { freed: readonly number[] } & (
  { node: Node<KernelName>; kernel: Kernel } | { node: Node<HostName>; kernel: null }
);

class TensorflowExecutable implements Executable {
  readonly #tf: TensorFlow;
  readonly #opened: OpenBackend;
  readonly #data: Readonly<Record<string, HostArray>>;
  readonly #states = new Map<string, State>();
  readonly #prepared = new Map<string, Prepared>();
  /** Axes and shapes, for ops that take them as tensors. */
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
      verifyProgram(program);
      this.#prepared.set(program.name, { program, work: null, constants: new Map() });
    }
    for (const [name, values] of Object.entries(states)) this.writeState(name, values);
  }

  async run(order: RunOrder): Promise<Record<string, Float32Array>> {
    const prepared = this.#prepared.get(order.program);
    if (!prepared) throw new RangeError(`There is no program ${order.program}.`);
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
    const work = (prepared.work ??= this.#prepare(prepared.program));
    const results = outputs.map(({ name, node }) => {
      const size = elementCount(nodes[node]?.shape ?? [], order.batchSize);
      return { name, node, values: new Float32Array(order.steps * size) };
    });
    for (let step = 0; step < order.steps; step++) {
      this.#tf.engine().startScope();
      try {
        const valueOf = this.#runStep(prepared, work, order, step);
        for (const { node, values } of results) {
          const output = valueOf(node).dataSync<'float32'>();
          values.set(output, step * output.length);
        }
        this.#updateStates(prepared.program, valueOf);
      } finally {
        this.#tf.engine().endScope(); // frees what an exception left behind
      }
    }
    return Object.fromEntries(results.map(({ name, values }) => [name, values]));
  }

  #prepare(program: Program): NodeWork[] {
    const freed = lastUses(program);
    return program.nodes.map((node): NodeWork => {
      const atEnd = { freed: freed[node.id] ?? [] };
      return isFromHost(node)
        ? { node, kernel: null, ...atEnd }
        : { node, kernel: this.#kernel(program, node), ...atEnd };
    });
  }

  #kernel({ nodes }: Program, node: Node<KernelName>): Kernel {
    if (this.#opened.backend !== 'tensorflow') return kernelFor(this.#tf, node);
    const operandType = nodes[node.inputs[0] ?? node.id]?.dtype ?? node.dtype;
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

  /** Returns the values that are left at the end of the step. */
  #runStep(prepared: Prepared, work: readonly NodeWork[], order: RunOrder, step: number): (id: number) => Tensor {
    const values = new Map<number, Tensor>();
    const valueOf = (id: number): Tensor => {
      const value = values.get(id);
      if (!value) throw new TypeError(`Node ${id} has no value.`);
      return value;
    };
    for (const { node, kernel, freed } of work) {
      const value = kernel ? kernel(valueOf, order.batchSize) : this.#fromHost(prepared, node, order, step);
      if (value) values.set(node.id, value);
      for (const id of freed) {
        values.get(id)?.dispose();
        values.delete(id);
      }
    }
    return valueOf;
  }

  /** Data and the indices into it stay on the host, so only gathered rows are copied to the backend. */
  #fromHost({ program, constants }: Prepared, node: Node<HostName>, order: RunOrder, step: number): Tensor | undefined {
    switch (node.op) {
      case 'constant': {
        const tensor = constants.get(node.id) ?? this.#tf.keep(this.#tensor(node.values, node, order.batchSize));
        constants.set(node.id, tensor);
        return tensor;
      }
      case 'gather': {
        const [table, indices] = perOperand(node, (id) => inputAt(program, id));
        const values = this.#data[table.name];
        if (!values) throw new RangeError(`Program ${program.name} needs data ${table.name}.`);
        const rows = gatherRows(values, stepInput(indices, order, step), elementCount(node.shape.slice(1), 1));
        return this.#tensor(rows, node, order.batchSize);
      }
      case 'input':
        if (node.role === 'state') return this.#stateTensor(node);
        if (node.role === 'data' || node.dtype === 'int32') return undefined;
        return this.#tensor(stepInput(node, order, step), node, order.batchSize);
    }
  }

  #tensor(values: HostArray, node: Node, batchSize: number): Tensor {
    const dtype = node.dtype === 'int32' ? 'int32' : 'float32';
    // TensorFlow.js has no uint8: such small whole numbers travel as float32, which holds them exactly.
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
      throw new RangeError(`State ${name} has ${tensor.size} values instead of ${String(shape[0])}.`);
    this.#states.set(name, { at: 'backend', tensor });
    return tensor;
  }

  #updateStates({ states, nodes }: Program, valueOf: (id: number) => Tensor): void {
    const taken = new Set<number>();
    const updates = states.flatMap(({ name, next }) => {
      const node = next === null ? undefined : nodes[next];
      if (!node) return [];
      const isOwn = !isSource(node) && !taken.has(node.id);
      taken.add(node.id);
      return { name, tensor: this.#tf.keep(isOwn ? valueOf(node.id) : valueOf(node.id).clone()) };
    });
    // Only now: a state's next value may be another state's last one.
    for (const { name, tensor } of updates) {
      this.#dropState(name);
      this.#states.set(name, { at: 'backend', tensor });
    }
  }

  #state(name: string): State {
    const state = this.#states.get(name);
    if (!state) throw new RangeError(`There is no state ${name}.`);
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
  if (!values) throw new RangeError(`There is no step input ${name}.`);
  const count = elementCount(shape, batchSize);
  return values.slice(step * count, (step + 1) * count);
}

function inputAt({ name, nodes }: Program, id: number): InputNode {
  const node = nodes[id];
  if (node?.op !== 'input') throw new TypeError(`Node ${id} of program ${name} is not an input.`);
  return node;
}

function gatherRows(table: HostArray, indices: HostArray, width: number): HostArray {
  const rows =
    table instanceof Int32Array ? new Int32Array(indices.length * width) : new Float32Array(indices.length * width);
  indices.forEach((index, row) => {
    if (index < 0 || (index + 1) * width > table.length) throw new RangeError(`There is no row ${index}.`);
    rows.set(table.subarray(index * width, (index + 1) * width), row * width);
  });
  return rows;
}

/**
 * Compiles a program for one batch size: a WebAssembly module whose function `run` does K steps, with every loop as a
 * function of its own. Addresses are written into the code.
 */
import type { DataType, Node } from '../../program/operations.ts';
import { inputsOf, type Program } from '../../program/program.ts';
import { elementCount } from '../../program/shapes.ts';
import { call, i32, ModuleWriter, v128, type Code, type FunctionWriter } from './encoder.ts';
import { FlatWriter } from './flat-writer.ts';
import { joinOf } from './folds.ts';
import { Forms } from './forms.ts';
import { writeGeneral } from './general-writer.ts';
import { batchOf, VECTOR_BYTES, type Batch } from './layout.ts';
import { copy, type LoopContext, type LoopWriter } from './loop-writer.ts';
import { joinLoops, type Loop } from './loops.ts';
import { toFloat } from './operations.ts';
import { placeValues, type Place, type Placement } from './placement.ts';
import { writeRows } from './rows-writer.ts';
import { findRunningSums, joinSums, startSums, type PlacedSum, type RunningSum } from './running-sums.ts';
import { SamplesWriter } from './samples-writer.ts';
import { splitVectors } from './split-vectors.ts';
import { UnitsWriter } from './units-writer.ts';
import { WideWriter } from './wide-writer.ts';

/** Where the memory's fixed parts begin, in bytes. */
export interface MemoryMap {
  readonly states: ReadonlyMap<string, number>;
  readonly data: ReadonlyMap<string, number>;
  /** Free from here on: a run's own memory. */
  readonly free: number;
}

/** An input or output: where its first step is, and how much each step takes. */
export interface Port {
  readonly address: number;
  readonly elements: number;
  readonly dtype: DataType;
}

export interface CompiledProgram {
  readonly code: Uint8Array<ArrayBuffer>;
  /** Most steps of one call. */
  readonly capacity: number;
  readonly inputs: ReadonlyMap<string, Port>;
  readonly outputs: ReadonlyMap<string, Port>;
  readonly constants: readonly { address: number; values: Float32Array | Int32Array }[];
  /** Where its memory ends. */
  readonly end: number;
}

/** Steps of one call are as many as fit here, and at least one. */
const PORT_BYTES = 2 ** 18;
const MOST_STEPS = 4096;
/** Vectors that a running sum takes up before it is folded, so that it stays exact enough. */
const MOST_TERMS = 512;

export function compileProgram(program: Program, batchSize: number, map: MemoryMap, fused: boolean): CompiledProgram {
  return new Compiler(splitVectors(program), batchOf(batchSize), map, fused).compile();
}

/** Whether every node has a form that can be written. */
export function isCompilable(program: Program): boolean {
  const forms = new Forms(program, batchOf(1));
  return program.nodes.every((node) => {
    const { kind } = forms.of(node.id);
    return !(kind === 'general' && node.op === 'reshape') && !(kind === 'cell' && node.dtype === 'uint8');
  });
}

class Compiler {
  readonly #program: Program;
  readonly #batch: Batch;
  readonly #map: MemoryMap;
  readonly #fused: boolean;
  readonly #forms: Forms;
  readonly #placement: Placement;
  readonly #running: readonly RunningSum[];
  /** Those of the loops that have been written. */
  readonly #sums: PlacedSum[] = [];
  readonly #module = new ModuleWriter();
  readonly #inputs = new Map<string, Port>();
  readonly #outputs = new Map<string, Port>();
  #end: number;

  constructor(program: Program, batch: Batch, map: MemoryMap, fused: boolean) {
    this.#program = program;
    this.#batch = batch;
    this.#map = map;
    this.#fused = fused;
    this.#forms = new Forms(program, batch);
    this.#placement = placeValues(program, this.#forms, joinLoops(program, this.#forms));
    this.#running = findRunningSums(program, this.#forms, this.#placement);
    this.#end = aligned(map.free + this.#placement.bytes);
  }

  compile(): CompiledProgram {
    const capacity = this.#placePorts();
    const step: ((t: Code) => Code)[] = [];
    const add = (write: (f: FunctionWriter) => void): void => {
      const f = this.#module.function(['i32']);
      write(f);
      step.push((t) => call(f, t));
    };
    const asides = this.#placement.commits.filter(({ aside }) => aside !== null);
    if (asides.length > 0)
      add((f) => {
        for (const { from, aside, bytes } of asides) if (aside) this.#copy(f, from, aside, bytes);
      });
    for (const loop of this.#placement.loops) add((f) => this.#writeLoop(f, loop));
    if (this.#outputs.size > 0) add((f) => this.#writeOutputs(f));
    if (this.#placement.commits.length > 0)
      add((f) => {
        for (const { from, to, aside, bytes } of this.#placement.commits) this.#copy(f, aside ?? from, to, bytes);
      });
    this.#writeRun(step);
    return {
      code: this.#module.encode(),
      capacity,
      inputs: this.#inputs,
      outputs: this.#outputs,
      constants: this.#program.nodes.flatMap((node) =>
        node.op === 'constant' ? { address: this.#addressOf(node.id), values: node.values } : [],
      ),
      end: this.#end,
    };
  }

  /** All steps of a call. Running sums are folded after every few of them. */
  #writeRun(step: readonly ((t: Code) => Code)[]): void {
    const run = this.#module.function(['i32'], 'run');
    const steps = run.parameter(0);
    const [t, first, end] = [run.local('i32'), run.local('i32'), run.local('i32')];
    const callStep = (): void => run.emit(...step.map((callAt) => callAt(t.get)));
    if (this.#sums.length === 0) return run.loop(t, i32.const(0), steps.get, 1, callStep);
    const [start, join] = [this.#module.function([]), this.#module.function([])];
    startSums(start, this.#sums);
    joinSums(join, this.#sums);
    const together = Math.max(1, Math.floor(MOST_TERMS / this.#batch.vectors));
    run.loop(first, i32.const(0), steps.get, together, () => {
      const next = i32.add(first.get, i32.const(together));
      run.emit(end.set(i32.select(next, steps.get, i32.ltU(next, steps.get))), call(start));
      run.loop(t, first.get, end.get, 1, callStep);
      run.emit(call(join));
    });
  }

  /** Step inputs and outputs; returns for how many steps there is room. */
  #placePorts(): number {
    const inputs = inputsOf(this.#program, 'step').map(({ name, dtype, shape }) => ({ name, dtype, shape }));
    const outputs = this.#program.outputs.map(({ name, node }) => ({ ...this.#forms.node(node), name }));
    const elementsOf = ({ shape }: Pick<Node, 'shape'>): number => elementCount(shape, this.#batch.size);
    const bytes =
      inputs.reduce((sum, input) => sum + sizeOf(input.dtype) * elementsOf(input), 0) +
      outputs.reduce((sum, output) => sum + 4 * elementsOf(output), 0);
    const capacity = Math.max(1, Math.min(MOST_STEPS, Math.floor(PORT_BYTES / Math.max(1, bytes))));
    const place = (ports: Map<string, Port>, name: string, dtype: DataType, elements: number): void => {
      ports.set(name, { address: this.#end, elements, dtype });
      this.#end = aligned(this.#end + capacity * elements * sizeOf(dtype));
    };
    for (const input of inputs) place(this.#inputs, input.name, input.dtype, elementsOf(input));
    for (const output of outputs) place(this.#outputs, output.name, 'float32', elementsOf(output));
    return capacity;
  }

  #writeLoop(f: FunctionWriter, loop: Loop): void {
    const running = this.#running.filter(({ sum }) => loop.nodes.has(sum));
    const left = new Set(running.map(({ next }) => next));
    const places = new Map(running.map(({ sum, elements }) => [sum, this.#scratch(VECTOR_BYTES * elements)]));
    const context: LoopContext = {
      forms: this.#forms,
      loop: { ...loop, nodes: new Map([...loop.nodes].filter(([id]) => !left.has(id))) },
      reads: (this.#placement.reads.get(loop) ?? []).filter(({ reader }) => !left.has(reader)),
      addressOf: (id) => this.#addressOrNull(id),
      runningAt: (id) => places.get(id) ?? null,
      scratch: (bytes) => this.#scratch(bytes),
      writesState: (id) => (this.#placement.places.get(id)?.state ?? null) !== null,
      fused: this.#fused,
    };
    const writer = this.#writerOf(f, context);
    if (writer === null) for (const id of loop.nodes.keys()) this.#writeSingle(f, this.#forms.node(id));
    else writer.write();
    for (const { sum, state, elements } of running) {
      const node = this.#forms.node(sum);
      const { total } = writer?.batchSum(node) ?? raise(`Loop ${loop.index} has no sums.`);
      const address = places.get(sum) ?? raise(`Sum ${sum} has no place.`);
      this.#sums.push({ ...joinOf(node), address, state: this.#addressAt(state), elements, total });
    }
  }

  /** Null if the loop is none. */
  #writerOf(f: FunctionWriter, context: LoopContext): LoopWriter | null {
    switch (context.loop.kind) {
      case 'units':
        return new UnitsWriter(f, context);
      case 'samples':
        return new SamplesWriter(f, context);
      case 'wide':
        return new WideWriter(f, context);
      case 'flat':
        return new FlatWriter(f, context);
      case 'cells':
      case 'single':
        return null;
    }
  }

  #scratch(bytes: number): number {
    const address = this.#end;
    this.#end = aligned(address + bytes);
    return address;
  }

  #writeSingle(f: FunctionWriter, node: Node): void {
    const t = f.parameter(0).get;
    const address = this.#addressOf(node.id);
    if (node.op === 'gather') {
      const [table, indices] = node.inputs.map((id) => this.#forms.node(id));
      if (table?.op !== 'input' || indices?.op !== 'input') throw new TypeError(`Node ${node.id} gathers no data.`);
      const columns = elementCount(node.shape.slice(1), 1);
      const source = { dtype: node.dtype, columns, table: i32.const(this.#dataAddress(table.name)) };
      writeRows(f, this.#batch, { ...source, indices: this.#portAt(indices.name, t) }, address);
    } else if (node.op === 'input' && this.#forms.of(node.id).kind === 'rows') {
      const columns = elementCount(node.shape.slice(1), 1);
      const source = { dtype: node.dtype, columns, table: this.#portAt(node.name, t), indices: null };
      writeRows(f, this.#batch, source, address);
    } else if (node.op === 'input') this.#writeCell(f, node, address);
    else if (node.op === 'concat') this.#writeConcat(f, node);
    else writeGeneral(f, { forms: this.#forms, addressOf: (id) => this.#addressOf(id), fused: this.#fused }, node);
  }

  #writeCell(f: FunctionWriter, { name, dtype, shape }: Node<'input'>, address: number): void {
    const from = this.#portAt(name, f.parameter(0).get);
    const elements = elementCount(shape, this.#batch.size);
    if (dtype !== 'uint8') return copy(f, [from, 0], [i32.const(0), address], 4 * elements);
    throw new TypeError(`The step input ${name} of bytes has no row for each sample.`);
  }

  /** Copies the parts that were not made in their place. */
  #writeConcat(f: FunctionWriter, { id, inputs }: Node<'concat'>): void {
    let target = this.#addressOf(id);
    for (const part of inputs) {
      const [from, bytes] = [this.#addressOf(part), 4 * elementCount(this.#forms.node(part).shape, 1)];
      if (from !== target) copy(f, [i32.const(0), from], [i32.const(0), target], bytes);
      target += bytes;
    }
  }

  /** Every output as float32, a row for each sample. */
  #writeOutputs(f: FunctionWriter): void {
    for (const { name, node: id } of this.#program.outputs) {
      const [layout, { dtype }] = [this.#forms.layout(id), this.#forms.node(id)];
      const target = f.let('i32', this.#portAt(name, f.parameter(0).get, this.#outputs));
      const from = this.#addressOf(id);
      const [rows, columns, perRow, perColumn] =
        layout.kind === 'panel' ? [this.#batch.size, layout.rows, 4, this.#batch.stride] : [1, layout.size, 0, 4];
      if (perColumn === 4 && dtype === 'float32') {
        copy(f, [i32.const(0), from], [target.get, 0], 4 * columns);
        continue;
      }
      const [row, column, source, element] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
      f.emit(source.set(i32.const(from)));
      const body = (): void => {
        f.emit(element.set(source.get));
        f.loop(
          column,
          i32.const(0),
          i32.const(columns),
          1,
          () => f.emit(v128.storeLane(target.get, 0, toFloat(v128.loadSplat(element.get), dtype), 0)),
          [
            [element, perColumn],
            [target, 4],
          ],
        );
      };
      f.loop(row, i32.const(0), i32.const(rows), 1, body, [[source, perRow]]);
    }
  }

  #copy(f: FunctionWriter, from: Place, to: Place, bytes: number): void {
    copy(f, [i32.const(0), this.#addressAt(from)], [i32.const(0), this.#addressAt(to)], bytes);
  }

  /** The address of a port at step t. */
  #portAt(name: string, t: Code, ports: ReadonlyMap<string, Port> = this.#inputs): Code {
    const port = ports.get(name);
    if (!port) throw new TypeError(`There is no port ${name}.`);
    return i32.add(i32.mul(t, i32.const(port.elements * sizeOf(port.dtype))), i32.const(port.address));
  }

  #dataAddress(name: string): number {
    const address = this.#map.data.get(name);
    if (address === undefined) throw new RangeError(`Program ${this.#program.name} needs data ${name}.`);
    return address;
  }
  #addressAt({ state, offset }: Place): number {
    return (state === null ? this.#map.free : this.#stateAddress(state)) + offset;
  }
  #stateAddress(name: string): number {
    const address = this.#map.states.get(name);
    if (address === undefined) throw new RangeError(`There is no state ${name}.`);
    return address;
  }

  /** The address of a value that is kept or given; of a view, where it begins. */
  #addressOrNull(id: number): number | null {
    const root = this.#forms.root(id);
    const node = this.#forms.node(root.id);
    if (node.op === 'input' && node.role === 'state') return this.#stateAddress(node.name) + 4 * root.offset;
    const place = this.#placement.places.get(root.id);
    return place ? this.#addressAt(place) + 4 * root.offset : null;
  }
  #addressOf(id: number): number {
    return this.#addressOrNull(id) ?? raise(`Node ${id} of program ${this.#program.name} is not kept.`);
  }
}

const sizeOf = (dtype: DataType): number => (dtype === 'uint8' ? 1 : 4);
const aligned = (bytes: number): number => Math.ceil((bytes + VECTOR_BYTES) / 64) * 64;
function raise(message: string): never {
  throw new TypeError(message);
}

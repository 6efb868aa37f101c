/** Runs programs as WebAssembly that is made for them: for networks so small that calls into a library cost more. */
import { joinPrograms } from '../../program/join.ts';
import { inputsOf, type Program, type Routine } from '../../program/program.ts';
import { elementCount } from '../../program/shapes.ts';
import { verifyProgram } from '../../program/verify.ts';
import type { Availability, Executable, Executor, HostArray, RunOrder, Suitability } from '../executor.ts';
import { demandRows, rowCounts } from '../rows.ts';
import { costOfStep, type Prices } from '../work.ts';
import { isCompilable, type CompiledProgram, type MemoryMap, type Port } from './compile.ts';
import { CompiledPrograms } from './compiled-programs.ts';
import { hasRelaxedSimd, hasSimd } from './encoder.ts';
import { allocate, grow, instantiate, type Memory } from './runtime.ts';

/** Measured by bench/prices on an AMD EPYC (Zen 5), 2026-11-28, without fused multiply-add. */
const PRICES: Prices = {
  perStep: 0.25,
  perOperation: 0.0013,
  perKiloMultiplyAdd: 0.038,
  perKiloBatchElement: 0.073,
  perKiloVectorElement: 0.041,
  perKiloLargeElement: 0.11,
};
/** Data is copied into the engine's memory, which has 4 GiB. */
const MOST_DATA_BYTES = 2 ** 29;

const ALIGNMENT = 64;
/** The first bytes stay unused, so that no address is 0. */
const FIRST_ADDRESS = 64;
/** Loops write whole vectors, so every state has room behind it. */
const SLACK = 64;
/** Most programs that an executable keeps: five for the batches of training, and the remainders of other passes. */
const MOST_COMPILED = 24;

export class WasmExecutor implements Executor {
  readonly name = 'wasm';
  readonly sharesSteps = false;
  readonly version = process.versions.v8;
  readonly #fused: boolean;
  readonly #compiled = new CompiledPrograms();
  readonly #verified = new WeakSet<Program>();
  #isAvailable: boolean | null = null;

  constructor(options: { fused?: boolean } = {}) {
    this.#fused = options.fused ?? hasRelaxedSimd();
  }

  availability(): Promise<Availability> {
    const available = (this.#isAvailable ??= hasSimd());
    return Promise.resolve({
      available,
      backend: this.#fused ? 'relaxed-simd' : 'simd',
      reason: available ? null : 'This processor or this Node.js has no WebAssembly SIMD.',
    });
  }

  suits(routines: readonly Routine[], batchSize: number): Suitability {
    const obstacle = routines
      .map(joinPrograms)
      .map(obstacleOf)
      .find((reason) => reason !== null);
    if (obstacle) return { ok: false, reason: obstacle };
    return { ok: true, cost: costOfStep(routines, batchSize, PRICES) };
  }

  open(
    routines: readonly Routine[],
    data: Readonly<Record<string, HostArray>>,
    states: Readonly<Record<string, Float32Array>>,
  ): Promise<Executable> {
    const programs = routines.map(joinPrograms);
    for (const program of programs) {
      if (!this.#verified.has(program)) verifyProgram(program);
      this.#verified.add(program);
    }
    return Promise.resolve(new WasmExecutable(programs, data, states, this.#compiled, this.#fused));
  }
}

const NO_ROWS = new Int32Array(0);

interface Opened {
  compiled: CompiledProgram;
  /** By step input of row numbers: how many rows there are. */
  rows: ReadonlyMap<string, number>;
  run: (steps: number) => void;
}

class WasmExecutable implements Executable {
  readonly #programs: ReadonlyMap<string, Program>;
  readonly #fused: boolean;
  readonly #compiled: CompiledPrograms;
  readonly #lengths = new Map<string, number>();
  readonly #map: MemoryMap;
  /** By program and batch size, the one that waits longest first. */
  readonly #opened = new Map<string, Opened>();
  #memory: Memory | null;
  /** Whose constants are in memory. */
  #resident: CompiledProgram | null = null;

  constructor(
    programs: readonly Program[],
    data: Readonly<Record<string, HostArray>>,
    states: Readonly<Record<string, Float32Array>>,
    compiled: CompiledPrograms,
    fused: boolean,
  ) {
    this.#compiled = compiled;
    this.#programs = new Map(programs.map((program) => [program.name, program]));
    this.#fused = fused;
    let end = FIRST_ADDRESS;
    const place = (bytes: number): number => {
      const address = end;
      end = Math.ceil((end + bytes + SLACK) / ALIGNMENT) * ALIGNMENT;
      return address;
    };
    const used = new Map(programs.flatMap((program) => inputsOf(program, 'data').map((node) => [node.name, node])));
    for (const name of used.keys())
      if (!data[name]) throw new RangeError(`Program ${programs[0]?.name ?? ''} needs data ${name}.`);
    const addresses = new Map(Object.entries(states).map(([name, values]) => [name, place(values.byteLength)]));
    const tables = new Map([...used.keys()].map((name) => [name, place(data[name]?.byteLength ?? 0)]));
    this.#map = { states: addresses, data: tables, free: end };
    this.#memory = allocate(end);
    for (const [name, values] of Object.entries(states)) {
      this.#lengths.set(name, values.length);
      this.writeState(name, values);
    }
    for (const [name, address] of tables) {
      const values = data[name];
      if (values) this.#bytes(address, values.byteLength).set(bytesOf(values));
    }
  }

  run(order: RunOrder): Promise<Record<string, Float32Array>> {
    try {
      return Promise.resolve(this.#run(order));
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  readState(name: string): Float32Array {
    return this.#state(name).slice();
  }
  writeState(name: string, values: Float32Array): void {
    const state = this.#state(name);
    if (state.length !== values.length)
      throw new RangeError(`State ${name} has ${state.length} values instead of ${values.length}.`);
    state.set(values);
  }

  close(): Promise<void> {
    this.#memory = null;
    this.#opened.clear();
    this.#resident = null;
    return Promise.resolve();
  }

  #run({ program: name, steps, batchSize, inputs }: RunOrder): Record<string, Float32Array> {
    const program = this.#programs.get(name);
    if (!program) throw new RangeError(`There is no program ${name}.`);
    const { compiled, run, rows } = this.#open(program, batchSize);
    for (const [input, count] of rows) demandRows(inputs[input] ?? NO_ROWS, count);
    const outputs = new Map(
      [...compiled.outputs].map(([output, { elements }]) => [output, new Float32Array(steps * elements)]),
    );
    for (let first = 0; first < steps; first += compiled.capacity) {
      const count = Math.min(compiled.capacity, steps - first);
      for (const [input, port] of compiled.inputs) {
        const values = inputs[input];
        if (!values) throw new RangeError(`Program ${name} needs step input ${input}.`);
        const part = values.subarray(first * port.elements, (first + count) * port.elements);
        this.#bytes(port.address, part.byteLength).set(bytesOf(part));
      }
      run(count);
      for (const [output, port] of compiled.outputs)
        outputs.get(output)?.set(this.#floats(port, count), first * port.elements);
    }
    return Object.fromEntries(outputs);
  }

  #open(program: Program, batchSize: number): Opened {
    const key = `${program.name} ${batchSize}`;
    const opened = this.#opened.get(key) ?? this.#compile(program, batchSize);
    this.#opened.delete(key);
    this.#opened.set(key, opened);
    const [oldest] = this.#opened.keys();
    if (this.#opened.size > MOST_COMPILED && oldest !== undefined) this.#opened.delete(oldest);
    if (this.#resident !== opened.compiled) {
      for (const { address, values } of opened.compiled.constants)
        this.#bytes(address, values.byteLength).set(bytesOf(values));
      this.#resident = opened.compiled;
    }
    return opened;
  }

  #compile(program: Program, batchSize: number): Opened {
    const { compiled, module } = this.#compiled.load(program, batchSize, this.#map, this.#fused);
    grow(this.#buffer(), compiled.end);
    const run = instantiate(module, this.#buffer(), 'run');
    return { compiled, rows: rowCounts(program), run };
  }

  #buffer(): Memory {
    if (!this.#memory) throw new RangeError('The network is closed.');
    return this.#memory;
  }
  #bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.#buffer().buffer, address, length);
  }
  #floats({ address, elements }: Port, steps: number): Float32Array {
    return new Float32Array(this.#buffer().buffer, address, steps * elements);
  }
  #state(name: string): Float32Array {
    const [address, length] = [this.#map.states.get(name), this.#lengths.get(name)];
    if (address === undefined || length === undefined) throw new RangeError(`There is no state ${name}.`);
    return new Float32Array(this.#buffer().buffer, address, length);
  }
}

/** Why a program cannot run here; null if it can. */
function obstacleOf(program: Program): string | null {
  const bytes = inputsOf(program, 'data').reduce(
    (sum, { shape, dtype }) => sum + elementCount(shape, 1) * (dtype === 'uint8' ? 1 : 4),
    0,
  );
  if (bytes > MOST_DATA_BYTES)
    return `Its data take ${Math.ceil(bytes / 2 ** 20)} MiB, more than the ${MOST_DATA_BYTES / 2 ** 20} MiB that fit.`;
  return isCompilable(program) ? null : `Program ${program.name} moves elements to another layout.`;
}

const bytesOf = (values: HostArray): Uint8Array => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

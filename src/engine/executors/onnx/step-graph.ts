/**
 * A program as one ONNX graph that does K steps per call: a `Scan` whose body is one step, with the changing states as
 * its loop state and a slice of the step inputs per iteration; around it is what can be done for all steps at once.
 * Scan is faster than Loop because it slices its inputs without operators and needs two buffers per state (0.016
 * against 0.028 ms per step for a 2-8-8-2 network).
 */
import type { InputNode, Program, StateBinding } from '../../program/program.ts';
import { fuseOperators } from '../../program/passes/fusion.ts';
import type { FusedProgram, Operator } from '../../program/passes/operators.ts';
import { GraphWriter } from './graph-writer.ts';
import { lower, type Scope } from './lowering.ts';
import { ELEMENT_TYPES, encodeModel, type Graph, type ValueInfo } from './model-proto.ts';
import {
  stageProgram,
  type Accumulator,
  type CrossingLimits,
  type Stage,
  type Staging,
} from '../../program/passes/stages.ts';
import { verifyFused, verifyProgram, verifyStaging } from '../../program/verify.ts';

/** The graph's inputs and outputs have the program's names, with their role in front. */
export const NAMES = {
  data: (name: string): string => `data:${name}`,
  step: (name: string): string => `step:${name}`,
  state: (name: string): string => `state:${name}`,
  next: (name: string): string => `next:${name}`,
  output: (name: string): string => `output:${name}`,
} as const;

/** The newest opset for which every operator of the step graph was measured. */
export const OPSET = 20;
/** Measured: an operator takes about half a microsecond, as much as to move so many elements. */
export const CROSSING_LIMITS: CrossingLimits = { perSample: 32, perStep: 8192 };

export function encodeStepGraph(program: Program): Uint8Array {
  verifyProgram(program);
  const fused = fuseOperators(program);
  verifyFused(fused);
  const staging = stageProgram(fused, CROSSING_LIMITS);
  verifyStaging(fused, staging);
  return encodeModel(new StepGraph(fused, staging).build(), { opset: OPSET });
}

type Slice = Operator<'slice'>;
type Carried = StateBinding & { next: number };

class StepGraph {
  readonly #program: FusedProgram;
  readonly #nodes: readonly Operator[];
  readonly #stages: Staging['stages'];
  readonly #accumulators: Accumulator[];
  /** States that go from step to step. */
  readonly #carried: Carried[];
  /** Computed for all steps at once: before the steps, and after them from the values that they left. */
  readonly #ahead = new GraphWriter('ahead');
  readonly #after = new GraphWriter('after');
  readonly #body = new GraphWriter('step');
  /** ONNX values by node. */
  readonly #outerValues = new Map<number, string>();
  readonly #bodyValues = new Map<number, string>();
  /** Nodes of which every iteration reads a slice, and nodes of which every iteration writes one. */
  readonly #sliced = new Set<number>();
  readonly #kept = new Set<number>();
  #onesValue: string | null = null;

  constructor(program: FusedProgram, { stages, accumulators }: Staging) {
    this.#program = program;
    this.#nodes = program.nodes.filter((node) => node !== null);
    this.#stages = stages;
    this.#accumulators = accumulators;
    const waiting = new Set(accumulators.map(({ state }) => state));
    this.#carried = program.states.filter((state): state is Carried => state.next !== null && !waiting.has(state));
  }

  build(): Graph {
    const { name, outputs } = this.#program;
    const inputs = this.#declareInputs();
    this.#splitVectors();
    for (const node of this.#nodes) this.#compute(node);

    const accumulated = this.#accumulators.map((accumulator) => this.#accumulate(accumulator));
    const measured = outputs.map((output) => this.#measure(output.name, output.node));
    const needed = this.#after.keepOnly([...accumulated, ...measured].map((info) => info.name));
    const updated = this.#carried.map((state) => this.#info(state.input, NAMES.next(state.name)));
    const readInBody = this.#writeScan(updated, needed);
    this.#ahead.keepOnly([...needed, ...updated.map((info) => info.name), ...readInBody]);
    const [ahead, after] = [this.#ahead.graph, this.#after.graph];
    return {
      name,
      nodes: [...ahead.nodes, ...after.nodes],
      initializers: [...ahead.initializers, ...after.initializers],
      inputs,
      outputs: [...updated, ...accumulated, ...measured],
    };
  }

  /** An output of every step, as float32. */
  #measure(name: string, id: number): ValueInfo {
    const value = this.#stageOf(id) === 'constant' ? this.#keep(id) : this.#inOuter(id);
    this.#after.write('Cast', [value], [NAMES.output(name)], { to: { int: ELEMENT_TYPES.float32 } });
    return { name: NAMES.output(name), elementType: 'float32', dims: ['K', ...this.#node(id).shape] };
  }

  /** A state that takes the values of all steps at once. */
  #accumulate({ state, value, reduction }: Accumulator): ValueInfo {
    const perStep = this.#stageOf(value) === 'constant' ? this.#keep(value) : this.#inOuter(value);
    const { overSteps, join } = ACCUMULATIONS[reduction];
    const total = this.#after.op(overSteps, [perStep, this.#after.ints([0])], { keepdims: { int: 0 } });
    this.#after.write(join, [NAMES.state(state.name), total], [NAMES.next(state.name)]);
    return this.#info(state.input, NAMES.next(state.name));
  }

  #declareInputs(): ValueInfo[] {
    const { states } = this.#program;
    const carried = new Set<StateBinding>(this.#carried);
    const data = this.#inputs('data').map((node) => {
      this.#outerValues.set(node.id, NAMES.data(node.name));
      return this.#info(node.id, NAMES.data(node.name));
    });
    const steps = this.#inputs('step').map((node) => {
      this.#outerValues.set(node.id, NAMES.step(node.name));
      return this.#info(node.id, NAMES.step(node.name), ['K']);
    });
    for (const state of states) {
      if (carried.has(state)) this.#bodyValues.set(state.input, bodyState(state.name));
      else this.#outerValues.set(state.input, NAMES.state(state.name));
    }
    return [...data, ...steps, ...states.map(({ name, input }) => this.#info(input, NAMES.state(name)))];
  }

  /** Slices of an input that do not overlap, such as the parameters, come out of one Split. */
  #splitVectors(): void {
    const slices = this.#nodes.filter((node): node is Slice => node.op === 'slice');
    for (const stage of ['constant', 'body'] as const) {
      const inStage = slices.filter(({ id }) => this.#stages[id] === stage);
      for (const source of new Set(inStage.map(({ inputs }) => inputs[0]))) {
        if (this.#node(source).op === 'input')
          this.#split(
            source,
            inStage.filter(({ inputs }) => inputs[0] === source).sort((a, b) => a.start - b.start),
            stage,
          );
      }
    }
  }

  #split(source: number, parts: readonly Slice[], stage: 'constant' | 'body'): void {
    const pieces: { id: number | null; size: number }[] = [];
    let end = 0;
    for (const { id, start, size } of parts) {
      if (start < end) return;
      if (start > end) pieces.push({ id: null, size: start - end });
      pieces.push({ id, size });
      end = start + size;
    }
    const length = Number(this.#node(source).shape[0]);
    if (end < length) pieces.push({ id: null, size: length - end });
    const { graph, value } = this.#scope(stage);
    const sizes = graph.ints(pieces.map(({ size }) => size));
    const names = graph.ops('Split', [value(source), sizes], pieces.length, { axis: { int: 0 } });
    const values = stage === 'body' ? this.#bodyValues : this.#outerValues;
    names.forEach((name, index) => {
      const id = pieces[index]?.id ?? null;
      if (id !== null) values.set(id, name);
    });
  }

  #compute(node: Operator): void {
    if (node.op === 'input' || this.#accumulators.some(({ next }) => next === node)) return;
    const stage = this.#stageOf(node.id);
    const values = stage === 'body' ? this.#bodyValues : this.#outerValues;
    if (!values.has(node.id)) values.set(node.id, lower(node, this.#scope(stage)));
  }

  #scope(stage: Stage): Scope {
    const inBody = stage === 'body';
    return {
      graph: inBody ? this.#body : stage === 'after' ? this.#after : this.#ahead,
      allSteps: stage === 'before' || stage === 'after',
      value: (id) => (inBody ? this.#inBody(id) : this.#inOuter(id)),
      node: (id) => this.#node(id),
      hasSteps: (id) => !inBody && this.#stageOf(id) !== 'constant',
      ones: () => (this.#onesValue ??= this.#ones()),
    };
  }

  #inOuter(id: number): string {
    return this.#stageOf(id) === 'body' ? this.#keep(id) : known(this.#outerValues, id);
  }

  /** The node's value of every step, [K, ...shape], as the Scan leaves it. */
  #keep(id: number): string {
    this.#kept.add(id);
    return keptName(id);
  }

  #inBody(id: number): string {
    const stage = this.#stageOf(id);
    if (stage === 'body') return known(this.#bodyValues, id);
    if (stage === 'constant') return known(this.#outerValues, id);
    this.#sliced.add(id);
    return sliceName(id);
  }

  /** Returns the values of the outer graph that the body reads. */
  #writeScan(updated: readonly ValueInfo[], needed: ReadonlySet<string>): ReadonlySet<string> {
    const kept = [...this.#kept].filter((id) => needed.has(keptName(id)));
    const results = [...this.#carried.map(({ next }) => next), ...kept];
    if (results.length === 0) return new Set();
    const values = this.#ownResults(results);
    const read = this.#body.keepOnly(values.map(({ name }) => name));
    const sliced = [...this.#sliced].filter((id) => read.has(sliceName(id)));
    // A Scan takes its number of iterations from what it slices.
    if (sliced.length === 0) sliced.push(this.#anyStepInput(() => true).id);
    for (const { name, input } of this.#carried) this.#body.input(this.#info(input, bodyState(name)));
    for (const id of sliced) this.#body.input(this.#info(id, sliceName(id)));
    for (const info of values) this.#body.output(info);
    const inputs = [...this.#carried.map(({ name }) => NAMES.state(name)), ...sliced.map((id) => this.#inOuter(id))];
    this.#ahead.write('Scan', inputs, [...updated.map(({ name }) => name), ...kept.map(keptName)], {
      body: { graph: this.#body.graph },
      num_scan_inputs: { int: sliced.length },
    });
    return read;
  }

  /**
   * The body's values of these nodes. A graph's output has to be the result of one of its operators, and no other
   * output may be the same result.
   */
  #ownResults(ids: readonly number[]): ValueInfo[] {
    const computed = new Set(this.#body.graph.nodes.flatMap(({ outputs }) => outputs));
    return ids.map((id) => {
      const value = this.#inBody(id);
      return this.#info(id, computed.delete(value) ? value : this.#body.op('Identity', [value]));
    });
  }

  /** [batch]; the size is read from a step input that has one row per sample. */
  #ones(): string {
    const source = this.#anyStepInput(({ shape }) => shape.includes('batch'));
    const axis = 1 + source.shape.indexOf('batch');
    const size = this.#ahead.op('Shape', [NAMES.step(source.name)], { start: { int: axis }, end: { int: axis + 1 } });
    return this.#ahead.op('Expand', [this.#ahead.scalar(1), size]);
  }

  #inputs(role: InputNode['role']): InputNode[] {
    return this.#nodes.filter((node): node is InputNode => node.op === 'input' && node.role === role);
  }

  #anyStepInput(condition: (node: InputNode) => boolean): InputNode {
    const input = this.#inputs('step').find(condition);
    if (!input)
      throw new TypeError(
        `Program ${this.#program.name} has no step input from which to read the number of steps or the batch size.`,
      );
    return input;
  }

  #node(id: number): Operator {
    const node = this.#program.nodes[id];
    if (!node) throw new TypeError(`There is no node ${id}.`);
    return node;
  }
  #stageOf(id: number): Stage {
    const stage = this.#stages[id];
    if (!stage) throw new TypeError(`Node ${id} has no stage.`);
    return stage;
  }
  #info(id: number, name: string, lead: string[] = []): ValueInfo {
    const { dtype, shape } = this.#node(id);
    return { name, elementType: dtype, dims: [...lead, ...shape] };
  }
}

/** How values of all steps are reduced, and how the result is joined to the state. */
const ACCUMULATIONS: Record<Accumulator['reduction'], { overSteps: string; join: string }> = {
  reduceSum: { overSteps: 'ReduceSum', join: 'Add' },
  reduceMax: { overSteps: 'ReduceMax', join: 'Max' },
};

function known(values: ReadonlyMap<number, string>, id: number): string {
  const value = values.get(id);
  if (value === undefined) throw new TypeError(`Node ${id} is read before it is computed.`);
  return value;
}

const bodyState = (name: string): string => `step_state:${name}`;
const sliceName = (id: number): string => `slice:${id}`;
const keptName = (id: number): string => `kept:${id}`;

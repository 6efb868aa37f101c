/**
 * A program as one ONNX graph that does K steps per call: a `Scan` whose body is one step, with the changing states as
 * its loop
 * state and a slice of the step inputs per iteration; before and after it, what can be done for all steps at once. Scan
 * rather
 * than Loop: it slices its inputs without operators and needs two buffers per state (0.016 against 0.028 ms per step,
 * 2-8-8-2).
 */
import type { InputNode, Program, StateBinding } from '../../program/program.ts';
import { fuseOperators, type FusedProgram, type Operator } from '../../program/passes/fusion.ts';
import { GraphWriter } from './graph-writer.ts';
import { lower, type Scope } from './lowering.ts';
import { ELEMENT_TYPES, encodeModel, type Graph, type ValueInfo } from './model-proto.ts';
import { stageProgram, type Accumulator, type Stage } from '../../program/passes/stages.ts';

/** The graph's inputs and outputs are called like the program's, with their role in front. */
export const NAMES = {
  data: (name: string): string => `data:${name}`,
  step: (name: string): string => `step:${name}`,
  state: (name: string): string => `state:${name}`,
  next: (name: string): string => `next:${name}`,
  output: (name: string): string => `output:${name}`,
} as const;

export const encodeStepGraph = (program: Program): Uint8Array =>
  encodeModel(new StepGraph(fuseOperators(program)).build());

type Slice = Extract<Operator, { op: 'slice' }>;
type Carried = StateBinding & { next: number };

class StepGraph {
  readonly #program: FusedProgram;
  readonly #nodes: readonly Operator[];
  readonly #stages: Stage[];
  readonly #accumulators: Accumulator[];
  /** States that go from step to step. */
  readonly #carried: Carried[];
  /** What is computed for all steps: ahead of them, and from what they left behind. */
  readonly #ahead = new GraphWriter('ahead');
  readonly #after = new GraphWriter('after');
  readonly #body = new GraphWriter('step');
  /** ONNX values by node. */
  readonly #outerValues = new Map<number, string>();
  readonly #bodyValues = new Map<number, string>();
  /** Nodes of which every iteration gets a slice, and nodes of which every iteration leaves one. */
  readonly #sliced = new Set<number>();
  readonly #kept = new Set<number>();
  #onesValue: string | null = null;

  constructor(program: FusedProgram) {
    this.#program = program;
    this.#nodes = program.nodes.filter((node) => node !== null);
    const { stages, accumulators } = stageProgram(program);
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

  /** An output, for every step; float32 whatever it was. */
  #measure(name: string, id: number): ValueInfo {
    const value = this.#stages[id] === 'constant' ? this.#keep(id) : this.#inOuter(id);
    this.#after.write('Cast', [value], [NAMES.output(name)], { to: { int: ELEMENT_TYPES.float32 } });
    return { name: NAMES.output(name), elementType: 'float32', dims: ['K', ...this.#node(id).shape] };
  }

  /** A state that takes what all steps have left for it at once. */
  #accumulate({ state, next, value, reduction }: Accumulator): ValueInfo {
    const perStep = this.#stages[value] === 'constant' ? this.#keep(value) : this.#inOuter(value);
    const overSteps = this.#after.op(reduction, [perStep, this.#after.ints([0])], { keepdims: { int: 0 } });
    this.#after.write(
      next.op === 'add' ? 'Add' : 'Max',
      [NAMES.state(state.name), overSteps],
      [NAMES.next(state.name)],
    );
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

  /** Slices of an input that do not overlap come out of one Split: those of the parameters. */
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
    const sizes: number[] = [];
    const positions: number[] = [];
    let end = 0;
    for (const { start, size } of parts) {
      if (start < end) return;
      if (start > end) sizes.push(start - end);
      positions.push(sizes.push(size) - 1);
      end = start + size;
    }
    const length = Number(this.#node(source).shape[0]);
    if (end < length) sizes.push(length - end);
    const scope = this.#scope(stage);
    const values = scope.graph.ops('Split', [scope.value(source), scope.graph.ints(sizes)], sizes.length, {
      axis: { int: 0 },
    });
    parts.forEach(({ id }, index) =>
      (stage === 'body' ? this.#bodyValues : this.#outerValues).set(id, values[positions[index]!]!),
    );
  }

  #compute(node: Operator): void {
    if (this.#accumulators.some(({ next }) => next === node)) return;
    const stage = this.#stages[node.id]!;
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
      hasSteps: (id) => !inBody && this.#stages[id] !== 'constant',
      ones: () => (this.#onesValue ??= this.#ones()),
    };
  }

  #inOuter(id: number): string {
    return this.#stages[id] === 'body' ? this.#keep(id) : this.#outerValues.get(id)!;
  }

  /** The node's value of every step, [K, ...shape], as the Scan leaves it. */
  #keep(id: number): string {
    this.#kept.add(id);
    return keptName(id);
  }

  #inBody(id: number): string {
    const stage = this.#stages[id];
    if (stage === 'body') return this.#bodyValues.get(id)!;
    if (stage === 'constant') return this.#outerValues.get(id)!;
    this.#sliced.add(id);
    return sliceName(id);
  }

  /** Returns what the body reads of the outer graph. */
  #writeScan(updated: readonly ValueInfo[], needed: ReadonlySet<string>): ReadonlySet<string> {
    const kept = [...this.#kept].filter((id) => needed.has(keptName(id)));
    const results = [...this.#carried.map(({ next }) => next), ...kept];
    if (results.length === 0) return new Set();
    const values = this.#ownResults(results);
    const read = this.#body.keepOnly(values);
    const sliced = [...this.#sliced].filter((id) => read.has(sliceName(id)));
    // A Scan takes its number of iterations from what it slices.
    if (sliced.length === 0) sliced.push(this.#anyStepInput(() => true).id);
    for (const { name, input } of this.#carried) this.#body.input(this.#info(input, bodyState(name)));
    for (const id of sliced) this.#body.input(this.#info(id, sliceName(id)));
    results.forEach((id, position) => this.#body.output(this.#info(id, values[position]!)));
    const inputs = [...this.#carried.map(({ name }) => NAMES.state(name)), ...sliced.map((id) => this.#inOuter(id))];
    this.#ahead.write('Scan', inputs, [...updated.map(({ name }) => name), ...kept.map(keptName)], {
      body: { graph: this.#body.graph },
      num_scan_inputs: { int: sliced.length },
    });
    return read;
  }

  /**
   * The body's values of these nodes. A graph's output has to be the result of one of its operators, and of that output
   * alone.
   */
  #ownResults(ids: readonly number[]): string[] {
    const computed = new Set(this.#body.graph.nodes.flatMap(({ outputs }) => outputs));
    return ids.map((id) => {
      const value = this.#inBody(id);
      return computed.delete(value) ? value : this.#body.op('Identity', [value]);
    });
  }

  /** [batch], of a step input that knows the batch. */
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
        `program ${this.#program.name} lacks a step input that tells the number of steps and the batch size`,
      );
    return input;
  }

  #node(id: number): Operator {
    return this.#program.nodes[id]!;
  }
  #info(id: number, name: string, lead: string[] = []): ValueInfo {
    const { dtype, shape } = this.#node(id);
    return { name, elementType: dtype, dims: [...lead, ...shape] };
  }
}

const bodyState = (name: string): string => `step_state:${name}`;
const sliceName = (id: number): string => `slice:${id}`;
const keptName = (id: number): string => `kept:${id}`;

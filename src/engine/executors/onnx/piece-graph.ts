/**
 * A program as an ONNX graph of one step whose states come in pieces. The slices of a vector, such as the kernels and
 * biases among the parameters, are inputs of their own, and so are the parts of a vector that a step joins, such as the
 * gradients, outputs. Whoever keeps the states can hand over views of them, and nothing is copied.
 */
import type { Program } from '../../program/program.ts';
import { fuseOperators } from '../../program/passes/fusion.ts';
import type { FusedProgram, Operator } from '../../program/passes/operators.ts';
import { elementCount } from '../../program/shapes.ts';
import { verifyFused, verifyProgram } from '../../program/verify.ts';
import { GraphWriter } from './graph-writer.ts';
import { lower, type Scope } from './lowering.ts';
import { ELEMENT_TYPES, encodeModel, type ValueInfo } from './model-proto.ts';
import { NAMES, OPSET } from './step-graph.ts';

/** Part of a state, in elements, that has a name of its own in the graph. */
export interface Piece {
  readonly name: string;
  readonly state: string;
  readonly offset: number;
  readonly shape: readonly number[];
}

export interface PieceGraph {
  readonly model: Uint8Array;
  /** Inputs, read before the step. */
  readonly read: readonly Piece[];
  /** Outputs: what the step leaves in its states. */
  readonly written: readonly Piece[];
  /** Names of the program's outputs in the graph. */
  readonly outputs: ReadonlyMap<string, string>;
  /** Name of the input that wants a vector of ones, [batch]; null if nothing needs it. */
  readonly ones: string | null;
}

/** `madeElsewhere`: nodes that are parts of states and no outputs of the graph. */
export function encodePieceGraph(program: Program, madeElsewhere: ReadonlySet<number> = new Set()): PieceGraph {
  verifyProgram(program);
  const fused = fuseOperators(program);
  verifyFused(fused);
  return new PieceGraphWriter(fused, madeElsewhere).encode();
}

const ONES = 'ones';

class PieceGraphWriter {
  readonly #program: FusedProgram;
  readonly #madeElsewhere: ReadonlySet<number>;
  readonly #graph = new GraphWriter('step');
  readonly #values = new Map<number, string>();
  readonly #read: Piece[] = [];
  readonly #written: Piece[] = [];
  readonly #outputs = new Map<string, string>();
  readonly #results = new Set<string>();
  #hasOnes = false;

  constructor(program: FusedProgram, madeElsewhere: ReadonlySet<number>) {
    this.#program = program;
    this.#madeElsewhere = madeElsewhere;
  }

  encode(): PieceGraph {
    const infos: ValueInfo[] = [];
    for (const node of this.#program.nodes) {
      if (node?.op !== 'input' || node.role === 'state') continue;
      const name = NAMES[node.role](node.name);
      this.#values.set(node.id, name);
      infos.push({ name, elementType: node.dtype, dims: node.shape });
    }
    for (const node of this.#program.nodes) if (node) this.#compute(node);
    const outputs = [
      ...this.#program.outputs.map(({ name, node }) => this.#measure(name, node)),
      ...this.#program.states.flatMap(({ name, next }) => (next === null ? [] : this.#update(name, next))),
    ];
    const read = this.#graph.keepOnly(outputs.map(({ name }) => name));
    const pieces = this.#read.filter(({ name }) => read.has(name));
    const ones: ValueInfo[] =
      this.#hasOnes && read.has(ONES) ? [{ name: ONES, elementType: 'float32', dims: ['batch'] }] : [];
    const states = pieces.map(({ name, shape }): ValueInfo => ({ name, elementType: 'float32', dims: shape }));
    const { nodes, initializers } = this.#graph.graph;
    const inputs = [...infos.filter(({ name }) => read.has(name)), ...ones, ...states];
    const graph = { name: this.#program.name, nodes, initializers, inputs, outputs };
    return {
      model: encodeModel(graph, { opset: OPSET }),
      read: pieces,
      written: this.#written,
      outputs: this.#outputs,
      ones: ones.length > 0 ? ONES : null,
    };
  }

  #compute(node: Operator): void {
    if (this.#values.has(node.id)) return;
    const piece = this.#pieceOf(node);
    if (piece) {
      this.#read.push(piece);
      this.#values.set(node.id, piece.name);
      return;
    }
    const { op } = node;
    if (op === 'input') throw new TypeError(`The input ${node.name} has no value.`);
    this.#values.set(node.id, lower(node, this.#scope));
  }

  /** A state, a slice of one, or either in another shape. */
  #pieceOf(node: Operator, name = `piece:${node.id}`): Piece | null {
    const shape = node.shape.map(Number);
    if (node.op === 'input') return node.role === 'state' ? { name, state: node.name, offset: 0, shape } : null;
    if (node.op !== 'slice' && node.op !== 'reshape') return null;
    const source = this.#pieceOf(this.#node(node.inputs[0]));
    const start = node.op === 'slice' ? node.start : 0;
    return source && { ...source, name, offset: source.offset + start, shape };
  }

  /** An output of the step, as float32. */
  #measure(name: string, id: number): ValueInfo {
    const { dtype, shape } = this.#node(id);
    const value = this.#value(id);
    const output =
      dtype === 'float32'
        ? this.#ownResult(value)
        : this.#graph.op('Cast', [value], { to: { int: ELEMENT_TYPES.float32 } });
    this.#outputs.set(name, output);
    return { name: output, elementType: 'float32', dims: shape };
  }

  /** The parts of a vector that is joined from several, otherwise the whole vector. */
  #update(state: string, next: number): ValueInfo[] {
    const whole = this.#node(next);
    const parts = whole.op === 'concat' ? whole.inputs : [next];
    let offset = 0;
    return parts.flatMap((part) => {
      const source = this.#unflattened(part);
      const shape = this.#node(source).shape.map(Number);
      const at = offset;
      offset += elementCount(shape, Number.NaN);
      if (this.#madeElsewhere.has(part)) return [];
      const name = this.#ownResult(this.#value(source));
      this.#written.push({ name, state, offset: at, shape });
      return [{ name, elementType: 'float32' as const, dims: shape }];
    });
  }

  /** An output has to be the result of an operator, and no other output may be the same result. */
  #ownResult(value: string): string {
    const isComputed = this.#graph.graph.nodes.some(({ outputs }) => outputs.includes(value));
    const name = isComputed && !this.#results.has(value) ? value : this.#graph.op('Identity', [value]);
    this.#results.add(name);
    return name;
  }

  /** The value that was flattened, if this is one that was: its elements have the same order. */
  #unflattened(id: number): number {
    const node = this.#node(id);
    return node.op === 'reshape' && !this.#node(node.inputs[0]).shape.includes('batch')
      ? this.#unflattened(node.inputs[0])
      : id;
  }

  readonly #scope: Scope = {
    graph: this.#graph,
    allSteps: false,
    value: (id) => this.#value(id),
    node: (id) => this.#node(id),
    hasSteps: () => false,
    ones: () => {
      this.#hasOnes = true;
      return ONES;
    },
  };

  #value(id: number): string {
    const value = this.#values.get(id);
    if (value === undefined) throw new TypeError(`Node ${id} is read before it is computed.`);
    return value;
  }
  #node(id: number): Operator {
    const node = this.#program.nodes[id];
    if (!node) throw new TypeError(`There is no node ${id}.`);
    return node;
  }
}

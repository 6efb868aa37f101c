/** The ONNX operators of exported models, in the forms that an operator set of a given version offers. */
import { RelumineError } from '../../errors.ts';
import { GraphWriter } from '../executors/onnx/graph-writer.ts';
import type { Attribute } from '../executors/onnx/model-proto.ts';

/** The opset that introduced each operator in the form used here (ONNX's docs/Changelog.md). */
const SINCE = {
  Add: 7,
  Sub: 7,
  Mul: 7,
  Div: 7,
  Identity: 1,
  Gemm: 7,
  BatchNormalization: 7,
  LayerNormalization: 17,
  Softmax: 1,
  Sigmoid: 6,
  Tanh: 6,
  Relu: 6,
  LeakyRelu: 6,
  PRelu: 7,
  Elu: 6,
  Selu: 6,
  Celu: 12,
  Gelu: 20,
  Mish: 18,
  Softplus: 1,
  Erf: 9,
  Sqrt: 6,
  ReduceMean: 1,
} as const;
type OnnxOperator = keyof typeof SINCE;
type Attributes = Readonly<Record<string, Attribute>>;

/** Writes a graph for one opset. Newer operators are composed of older ones if the result is the same. */
export class OperatorWriter {
  readonly graph = new GraphWriter('relumine');
  readonly #opset: number;
  /** The newest operator in use. */
  #newest: OnnxOperator = 'Identity';

  constructor(opset: number) {
    this.#opset = opset;
  }

  /** The opset that the operators written so far need. */
  get neededOpset(): number {
    return SINCE[this.#newest];
  }

  /** Throws INVALID_REQUEST if an operator is missing in the opset. */
  demandOpset(): void {
    if (this.neededOpset <= this.#opset) return;
    const message = `ONNX has ${this.#newest} from opset ${this.neededOpset} on. Request opset ${this.neededOpset} or higher.`;
    throw new RelumineError('INVALID_REQUEST', message, {
      details: [{ path: 'opset', message: `must be at least ${this.neededOpset} for this model` }],
    });
  }

  op(operator: OnnxOperator, inputs: readonly string[], attributes: Attributes = {}): string {
    this.#use(operator);
    return this.graph.op(operator, inputs, attributes);
  }

  /** The graph's output. */
  output(name: string, operator: OnnxOperator, inputs: readonly string[], attributes: Attributes = {}): void {
    this.#use(operator);
    this.graph.write(operator, inputs, [name], attributes);
  }

  elu(x: string, alpha: number): string {
    return this.op('Elu', [x], { alpha: { float: alpha } });
  }

  /** alpha elu(x / alpha) */
  celu(x: string, alpha: number): string {
    if (this.#has('Celu')) return this.op('Celu', [x], { alpha: { float: alpha } });
    if (alpha === 1) return this.elu(x, 1);
    return this.#scaled(this.elu(this.#scaled(x, 1 / alpha), 1), alpha);
  }

  /** x / 2 (1 + erf(x / sqrt 2)) */
  gelu(x: string): string {
    if (this.#has('Gelu')) return this.op('Gelu', [x], { approximate: { text: 'none' } });
    return this.#gated(x, this.op('Erf', [this.#scaled(x, Math.SQRT1_2)]));
  }

  /** x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) */
  geluTanh(x: string): string {
    if (this.#has('Gelu')) return this.op('Gelu', [x], { approximate: { text: 'tanh' } });
    const cube = this.op('Mul', [this.op('Mul', [x, x]), x]);
    const sum = this.op('Add', [x, this.#scaled(cube, 0.044715)]);
    return this.#gated(x, this.op('Tanh', [this.#scaled(sum, Math.sqrt(2 / Math.PI))]));
  }

  /** x tanh(softplus(x)) */
  mish(x: string): string {
    if (this.#has('Mish')) return this.op('Mish', [x]);
    return this.op('Mul', [x, this.op('Tanh', [this.op('Softplus', [x])])]);
  }

  /** Over the last of two dimensions. */
  layerNormalization(x: string, gamma: string, beta: string, epsilon: number): string {
    if (this.#has('LayerNormalization'))
      return this.op('LayerNormalization', [x, gamma, beta], { axis: { int: -1 }, epsilon: { float: epsilon } });
    const centred = this.op('Sub', [x, this.#rowMean(x)]);
    const variance = this.#rowMean(this.op('Mul', [centred, centred]));
    const deviation = this.op('Sqrt', [this.op('Add', [variance, this.graph.scalar(epsilon)])]);
    const normalized = this.op('Div', [centred, deviation]);
    return this.op('Add', [this.op('Mul', [normalized, gamma]), beta]);
  }

  /** Until opset 17 the axes are an attribute. From 18 on they are an input, but no operator here needs one. */
  #rowMean(x: string): string {
    return this.op('ReduceMean', [x], { axes: { ints: [1] }, keepdims: { int: 1 } });
  }

  /** x / 2 (1 + gate) */
  #gated(x: string, gate: string): string {
    return this.op('Mul', [this.#scaled(x, 0.5), this.op('Add', [gate, this.graph.scalar(1)])]);
  }

  #scaled(x: string, factor: number): string {
    return this.op('Mul', [x, this.graph.scalar(factor)]);
  }

  #has(operator: OnnxOperator): boolean {
    return SINCE[operator] <= this.#opset;
  }

  #use(operator: OnnxOperator): void {
    if (SINCE[operator] > this.neededOpset) this.#newest = operator;
  }
}

/** Writes an ONNX graph operator by operator. Values are referred to by name; equal constants are written once. */
import type { Attribute, ElementType, Graph, OnnxNode, TensorValue, ValueInfo } from './model-proto.ts';

export class GraphWriter {
  readonly #name: string;
  #nodes: OnnxNode[] = [];
  #initializers: TensorValue[] = [];
  readonly #inputs: ValueInfo[] = [];
  readonly #outputs: ValueInfo[] = [];
  readonly #constants = new Map<string, string>();
  #count = 0;

  /**
   * Every value's name starts with the graph's: a graph inside another one sees the outer values and must not hide them.
   */
  constructor(name: string) {
    this.#name = name;
  }

  op(opType: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    const output = this.#fresh();
    this.write(opType, inputs, [output], attributes);
    return output;
  }

  /** For operators with several outputs. */
  ops(
    opType: string,
    inputs: readonly string[],
    outputCount: number,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string[] {
    const outputs = Array.from({ length: outputCount }, () => this.#fresh());
    this.write(opType, inputs, outputs, attributes);
    return outputs;
  }

  /** With output names that the caller chooses. */
  write(
    opType: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): void {
    this.#nodes.push({ opType, name: `${outputs[0]}_${opType}`, inputs, outputs, attributes });
  }

  tensor(data: Float32Array | Int32Array, dims: readonly number[]): string {
    return this.#constant(data instanceof Int32Array ? 'int32' : 'float32', dims, data);
  }
  /** A tensor that has its own name in the file. */
  named(name: string, data: Float32Array, dims: readonly number[]): string {
    this.#initializers.push({ name, elementType: 'float32', dims, data });
    return name;
  }
  scalar(value: number): string {
    return this.tensor(Float32Array.of(value), []);
  }
  /** A vector of int64: axes, sizes and shapes. */
  ints(values: readonly number[]): string {
    return this.#constant('int64', [values.length], BigInt64Array.from(values, BigInt));
  }

  input(info: ValueInfo): string {
    this.#inputs.push(info);
    return info.name;
  }
  output(info: ValueInfo): void {
    this.#outputs.push(info);
  }

  /** Drops everything that the given values do not need; returns every name that is still read. */
  keepOnly(values: Iterable<string>): Set<string> {
    const read = new Set(values);
    this.#nodes = this.#nodes
      .toReversed()
      .filter(({ inputs, outputs }) => {
        const isNeeded = outputs.some((output) => read.has(output));
        if (isNeeded) inputs.forEach((input) => read.add(input));
        return isNeeded;
      })
      .toReversed();
    this.#initializers = this.#initializers.filter(({ name }) => read.has(name));
    return read;
  }

  get graph(): Graph {
    return {
      name: this.#name,
      nodes: this.#nodes,
      initializers: this.#initializers,
      inputs: this.#inputs,
      outputs: this.#outputs,
    };
  }

  #constant(elementType: ElementType, dims: readonly number[], data: TensorValue['data']): string {
    // Unlike numbers, bytes distinguish 0 from -0 and one NaN from another.
    const key =
      data.length > 16
        ? null
        : `${elementType} ${dims.join()} ${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex')}`;
    const known = key === null ? undefined : this.#constants.get(key);
    if (known) return known;
    const name = this.#fresh();
    this.#initializers.push({ name, elementType, dims, data });
    if (key !== null) this.#constants.set(key, name);
    return name;
  }

  #fresh(): string {
    return `${this.#name}_${this.#count++}`;
  }
}

/**
 * Initial values of kernels and biases from a stream of random numbers, computed in float64 and rounded to float32
 * once.
 */
import type { Initializer, InitializerName } from '../../vocabulary/index.ts';
import type { Random } from '../../random.ts';

/** Inputs and outputs of the dense layer that the tensor belongs to. */
interface Fans {
  fanIn: number;
  fanOut: number;
}

/** Values of a [rows, columns] tensor, row-major; a bias is one row. */
type Rule<Options> = (options: Options, fans: Fans, random: Random, rows: number, columns: number) => Float32Array;

const fill = (count: number, draw: () => number): Float32Array => Float32Array.from({ length: count }, draw);
const normal =
  (deviation: (fans: Fans) => number): Rule<unknown> =>
  (_, fans, random, rows, columns) => {
    const scale = deviation(fans);
    return fill(rows * columns, () => random.normal() * scale);
  };
const uniform =
  (limit: (fans: Fans) => number): Rule<unknown> =>
  (_, fans, random, rows, columns) => {
    const bound = limit(fans);
    return fill(rows * columns, () => (2 * random.uniform() - 1) * bound);
  };

/**
 * He et al. (2015), Glorot and Bengio (2010), LeCun et al. (1998): variance 2/in, 2/(in + out), 1/in; a uniform one on
 * [-sqrt(3 v), sqrt(3 v)].
 */
export const INITIALIZER_RULES: { readonly [Name in InitializerName]: Rule<Initializer<Name>> } = {
  heNormal: normal(({ fanIn }) => Math.sqrt(2 / fanIn)),
  heUniform: uniform(({ fanIn }) => Math.sqrt(6 / fanIn)),
  glorotNormal: normal(({ fanIn, fanOut }) => Math.sqrt(2 / (fanIn + fanOut))),
  glorotUniform: uniform(({ fanIn, fanOut }) => Math.sqrt(6 / (fanIn + fanOut))),
  lecunNormal: normal(({ fanIn }) => Math.sqrt(1 / fanIn)),
  lecunUniform: uniform(({ fanIn }) => Math.sqrt(3 / fanIn)),
  orthogonal: ({ gain }, _, random, rows, columns) => orthogonal(random, rows, columns).map((value) => value * gain),
  randomizedAsymmetric: (_, { fanIn }, random, rows, columns) =>
    fill(rows * columns, () => random.normal() * asymmetricScale(fanIn)),
  zeros: (_, _fans, _random, rows, columns) => new Float32Array(rows * columns),
  ones: (_, _fans, _random, rows, columns) => new Float32Array(rows * columns).fill(1),
  constant: ({ value }, _, _random, rows, columns) => new Float32Array(rows * columns).fill(value),
  randomNormal: ({ mean, stddev }, _, random, rows, columns) =>
    fill(rows * columns, () => mean + stddev * random.normal()),
  randomUniform: ({ minval, maxval }, _, random, rows, columns) =>
    fill(rows * columns, () => minval + (maxval - minval) * random.uniform()),
};

const draw = <Name extends InitializerName>(
  initializer: Initializer<Name>,
  fans: Fans,
  random: Random,
  rows: number,
  columns: number,
): Float32Array => INITIALIZER_RULES[initializer.type](initializer, fans, random, rows, columns);

const asymmetricScale = (fanIn: number): number => 0.6007 / Math.sqrt(fanIn);

/** Kernel [in, out] and bias of a dense layer. A randomized asymmetric kernel includes its bias. */
export function initializeDense(
  kernel: Initializer,
  bias: Initializer,
  { fanIn, fanOut }: Fans,
  random: Random,
): { kernel: Float32Array; bias: Float32Array } {
  const fans = { fanIn, fanOut };
  const values = {
    kernel: draw(kernel, fans, random, fanIn, fanOut),
    bias: draw(kernel.type === 'randomizedAsymmetric' ? kernel : bias, fans, random, 1, fanOut),
  };
  if (kernel.type === 'randomizedAsymmetric') makeAsymmetric(values.kernel, values.bias, fanIn, fanOut, random);
  return values;
}

/**
 * Lu, Shin, Su and Karniadakis, "Dying ReLU and Initialization" (2020): of each neuron's weights and bias, one chosen
 * at random is drawn from Beta(2, 1) instead, so that it is positive. Beta(2, 1) is the square root of a uniform
 * number.
 */
function makeAsymmetric(kernel: Float32Array, bias: Float32Array, fanIn: number, fanOut: number, random: Random): void {
  for (let unit = 0; unit < fanOut; unit++) {
    const chosen = random.below(fanIn + 1);
    const value = Math.sqrt(random.uniform());
    if (chosen === fanIn) bias[unit] = value;
    else kernel[chosen * fanOut + unit] = value;
  }
}

/**
 * Rows or columns, whichever are fewer, orthonormal: Gram and Schmidt's process in its stable order, on normal deviates
 * (Saxe et al., 2014).
 */
function orthogonal(random: Random, rows: number, columns: number): Float32Array {
  const [vectors, length] = rows <= columns ? [rows, columns] : [columns, rows];
  const basis: Float64Array[] = [];
  while (basis.length < vectors) {
    const vector = Float64Array.from({ length }, () => random.normal());
    for (const known of basis) {
      const overlap = dot(vector, known);
      for (let i = 0; i < length; i++) vector[i]! -= overlap * known[i]!;
    }
    const norm = Math.sqrt(dot(vector, vector));
    if (norm > 1e-8) basis.push(vector.map((value) => value / norm));
  }
  return Float32Array.from({ length: rows * columns }, (_, index) => {
    const [row, column] = [Math.floor(index / columns), index % columns];
    return rows <= columns ? basis[row]![column]! : basis[column]![row]!;
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

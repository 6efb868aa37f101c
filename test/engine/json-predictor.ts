/** A reader of the JSON model format, written from its description: float64, one row at a time. */

interface JsonModel {
  features: number;
  outputActivation: 'softmax' | 'sigmoid' | 'linear';
  normalization: { shift: number[]; scale: number[] } | null;
  layers: JsonLayer[];
}
interface JsonLayer {
  type: string;
  kernel?: number[][];
  bias?: number[];
  activation?: { type: string; alpha?: number };
  alpha?: number[];
  epsilon?: number;
  gamma?: number[];
  beta?: number[];
  mean?: number[];
  variance?: number[];
}

export function predictFromJson(text: string, inputs: Float32Array): number[] {
  const model = JSON.parse(text) as JsonModel;
  const { features, normalization, layers, outputActivation } = model;
  const predictions: number[] = [];
  for (let start = 0; start < inputs.length; start += features) {
    let x = Array.from(inputs.subarray(start, start + features), (value, i) =>
      normalization ? (value - normalization.shift[i]!) * normalization.scale[i]! : value,
    );
    for (const layer of layers) x = apply(layer, x);
    predictions.push(...output(outputActivation, x));
  }
  return predictions;
}

function apply(layer: JsonLayer, x: number[]): number[] {
  const { gamma = [], beta = [], epsilon = 0 } = layer;
  switch (layer.type) {
    case 'dense':
      return layer.bias!.map((bias, unit) => x.reduce((sum, value, i) => sum + value * layer.kernel![i]![unit]!, bias));
    case 'activation':
      return x.map((value, unit) =>
        activate(
          layer.activation!.type,
          value,
          layer.alpha?.[unit] ?? layer.activation!.alpha ?? DEFAULT_ALPHA[layer.activation!.type] ?? 1,
        ),
      );
    case 'batchNormalization':
      return x.map(
        (value, i) => ((value - layer.mean![i]!) / Math.sqrt(layer.variance![i]! + epsilon)) * gamma[i]! + beta[i]!,
      );
    case 'layerNormalization': {
      const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
      const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
      return x.map((value, i) => ((value - mean) / Math.sqrt(variance + epsilon)) * gamma[i]! + beta[i]!);
    }
    case 'dropout':
    case 'alphaDropout':
      return x;
    default:
      throw new TypeError(`unknown layer ${layer.type}`);
  }
}

const DEFAULT_ALPHA: Record<string, number> = { leakyRelu: 0.01 };
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** erf by its series, exact to float64 for the values of a test. */
function erf(x: number): number {
  let [sum, term] = [x, x];
  for (let n = 1; n < 200; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return Math.abs(x) > 5 ? Math.sign(x) : (2 / Math.sqrt(Math.PI)) * sum;
}

function activate(type: string, z: number, alpha: number): number {
  switch (type) {
    case 'relu':
      return Math.max(z, 0);
    case 'leakyRelu':
    case 'prelu':
      return z > 0 ? z : alpha * z;
    case 'elu':
      return z > 0 ? z : alpha * Math.expm1(z);
    case 'celu':
      return z > 0 ? z : alpha * Math.expm1(z / alpha);
    case 'selu':
      return 1.0507009873554805 * (z > 0 ? z : 1.6732632423543772 * Math.expm1(z));
    case 'gelu':
      return 0.5 * z * (1 + erf(z / Math.SQRT2));
    case 'geluTanh':
      return 0.5 * z * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z ** 3)));
    case 'silu':
      return z * sigmoid(z);
    case 'mish':
      return z * Math.tanh(softplus(z));
    case 'softplus':
      return softplus(z);
    case 'tanh':
      return Math.tanh(z);
    case 'sigmoid':
      return sigmoid(z);
    default:
      throw new TypeError(`unknown activation ${type}`);
  }
}

function output(activation: JsonModel['outputActivation'], x: number[]): number[] {
  if (activation === 'linear') return x;
  if (activation === 'sigmoid') return x.map(sigmoid);
  const largest = Math.max(...x);
  const powers = x.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

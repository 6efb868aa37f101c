/**
 * A dense network written for clarity, one sample at a time in double precision. Verdicts and detectors are checked
 * against it. It shares no code with the engine. Derivatives are central differences of the activation, except for
 * rectifiers.
 */
import type { Activation } from '../../src/vocabulary/index.ts';
import { activate } from '../../src/neurons/activation.ts';
import type { Measurement } from '../../src/model/measurements.ts';

/** kernel [in][out]. */
export interface ReferenceLayer {
  kernel: number[][];
  bias: number[];
  activation: Activation;
}

export interface Trace {
  /** By layer, [units]: pre-activation, output, dLoss/dz. */
  z: number[][];
  outputs: number[][];
  gradients: number[][];
  loss: number;
}

function derivative(activation: Activation, z: number): number {
  if (activation.type === 'relu') return z > 0 ? 1 : 0;
  if (activation.type === 'leakyRelu' || activation.type === 'prelu') return z > 0 ? 1 : activation.alpha;
  const h = 1e-5;
  return (activate(activation, z + h) - activate(activation, z - h)) / (2 * h);
}

/** Pre-activations and outputs of every layer for one sample. */
export function forward(layers: readonly ReferenceLayer[], input: readonly number[]): Pick<Trace, 'z' | 'outputs'> {
  const z: number[][] = [],
    outputs: number[][] = [];
  let x = input;
  for (const { kernel, bias, activation } of layers) {
    const sum = [...bias];
    for (let i = 0; i < x.length; i++) {
      const value = x[i]!,
        row = kernel[i]!;
      for (let j = 0; j < sum.length; j++) sum[j]! += value * row[j]!;
    }
    z.push(sum);
    x = sum.map((each) => activate(activation, each));
    outputs.push([...x]);
  }
  return { z, outputs };
}

/** Forward, squared error (mean over the outputs), and backward, for one sample. */
export function trace(layers: readonly ReferenceLayer[], input: readonly number[], target: readonly number[]): Trace {
  const { z, outputs } = forward(layers, input);
  const last = layers.length - 1;
  const errors = outputs[last]!.map((value, j) => value - target[j]!);
  const gradients: number[][] = [];
  let upstream = errors.map((error) => (2 * error) / errors.length);
  for (let k = last; k >= 0; k--) {
    const layer = layers[k]!;
    gradients[k] = upstream.map((g, j) => (g === 0 ? 0 : g * derivative(layer.activation, z[k]![j]!)));
    upstream = layer.kernel.map((row) => row.reduce((total, w, j) => total + w * gradients[k]![j]!, 0));
  }
  return { z, outputs, gradients, loss: errors.reduce((sum, error) => sum + error * error, 0) / errors.length };
}

const count = (values: readonly number[], holds: (value: number) => boolean): number => values.filter(holds).length;

/** What an engine's inspection should return for the hidden layers, which are all but the last. */
export function measure(layers: readonly ReferenceLayer[], traces: readonly Trace[]): Measurement {
  return {
    samples: traces.length,
    layers: layers.slice(0, -1).map(({ bias, activation }, k) => {
      const perNeuron = <T>(value: (z: number[], a: number[], g: number[]) => T): T[] =>
        bias.map((_, j) =>
          value(
            traces.map((t) => t.z[k]![j]!),
            traces.map((t) => t.outputs[k]![j]!),
            traces.map((t) => t.gradients[k]![j]!),
          ),
        );
      return {
        name: `dense_${k + 1}`,
        units: bias.length,
        activation: activation.type,
        fired: perNeuron((z) => count(z, (v) => v > 0)),
        nonZero: perNeuron((_, a) => count(a, (v) => v !== 0)),
        minPreActivation: perNeuron((z) => Math.min(...z)),
        maxPreActivation: perNeuron((z) => Math.max(...z)),
        minOutput: perNeuron((_, a) => Math.min(...a)),
        maxOutput: perNeuron((_, a) => Math.max(...a)),
        sumAbs: perNeuron((_, a) => a.reduce((sum, v) => sum + Math.abs(v), 0)),
        sumAbsGradient: perNeuron((_, __, g) => g.reduce((sum, v) => sum + Math.abs(v), 0)),
        maxAbsGradient: perNeuron((_, __, g) => Math.max(...g.map(Math.abs))),
        saturated: perNeuron((_, a) => {
          if (activation.type === 'tanh') return count(a, (v) => Math.abs(v) > 0.9);
          return activation.type === 'sigmoid' ? count(a, (v) => v < 0.05 || v > 0.95) : 0;
        }),
      };
    }),
  };
}

/** The same parameters as the engine gives them. */
export const weightsOf = (layers: readonly ReferenceLayer[]) =>
  layers.map(({ kernel, bias, activation }) => ({
    inputs: kernel.length,
    units: bias.length,
    kernel: kernel.flat(),
    bias,
    alpha: activation.type === 'prelu' ? bias.map(() => activation.alpha) : null,
  }));

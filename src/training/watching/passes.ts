/** Full passes over samples, in slices, so that orders are followed during a pass over a large data set. */
import type { Inspection, LayerStatistics } from '../../model/measurements.ts';
import type { Evaluation, Network, OutputSums } from '../../engine/network.ts';
import type { Mailbox } from '../mailbox.ts';

/** Multiplications in one slice's forward pass: about 10 ms of native arithmetic, 250 ms on the slowest backend. */
const SLICE_WORK = 2.5e8;
const SLICE_ROWS = { least: 16, most: 8192 };

/** Depends on the network's size only, so a mean over slices is the same number in a resumed run. */
function* slices(network: Pick<Network, 'parameterCount'>, indices: Int32Array): Generator<Int32Array> {
  const rows = Math.min(Math.max(Math.floor(SLICE_WORK / network.parameterCount), SLICE_ROWS.least), SLICE_ROWS.most);
  for (let start = 0; start < indices.length; start += rows) yield indices.slice(start, start + rows);
}

/** Null where an order to stop came in between, or there are no samples. */
export async function evaluate(
  network: Pick<Network, 'parameterCount' | 'evaluate'>,
  indices: Int32Array,
  mailbox: Mailbox,
): Promise<Evaluation | null> {
  let weight = 0,
    accuracy: number | null = null,
    sums: OutputSums | null = null;
  const parts: Evaluation[] = [];
  for (const slice of slices(network, indices)) {
    const part = await network.evaluate(slice);
    const share = slice.length / indices.length;
    parts.push(part);
    weight += part.weight;
    if (part.accuracy !== null) accuracy = (accuracy ?? 0) + part.accuracy * share;
    sums = sums === null ? part.sums : addSums(sums, part.sums);
    if (await mailbox.look()) return null;
  }
  const loss = parts.reduce((mean, part) => mean + part.loss * (part.weight / weight), 0);
  return sums && { loss, weight, accuracy, sums };
}

const addSums = (a: OutputSums, b: OutputSums): OutputSums => ({
  squaredErrors: combine(a.squaredErrors, b.squaredErrors, add),
  predicted: combine(a.predicted, b.predicted, add),
  hits: combine(a.hits, b.hits, add),
  confusion: combine(a.confusion, b.confusion, add),
});

/** Null where an order to stop came in between. */
export async function inspect(
  network: Pick<Network, 'parameterCount' | 'inspect'>,
  indices: Int32Array,
  mailbox: Mailbox,
): Promise<Inspection | null> {
  let whole: Inspection | null = null;
  for (const slice of slices(network, indices)) {
    const part = await network.inspect(slice);
    whole = whole === null ? part : merge(whole, part);
    if (await mailbox.look()) return null;
  }
  return whole;
}

/** The result of one pass over the samples of both. */
export function merge(a: Inspection, b: Inspection): Inspection {
  return {
    samples: a.samples + b.samples,
    layers: a.layers.map((layer, k) => {
      const other = b.layers[k] as LayerStatistics;
      return {
        name: layer.name,
        units: layer.units,
        activation: layer.activation,
        fired: combine(layer.fired, other.fired, add),
        nonZero: combine(layer.nonZero, other.nonZero, add),
        minPreActivation: combine(layer.minPreActivation, other.minPreActivation, Math.min),
        maxPreActivation: combine(layer.maxPreActivation, other.maxPreActivation, Math.max),
        minOutput: combine(layer.minOutput, other.minOutput, Math.min),
        maxOutput: combine(layer.maxOutput, other.maxOutput, Math.max),
        sumAbs: combine(layer.sumAbs, other.sumAbs, add),
        maxAbsGradient: combine(layer.maxAbsGradient, other.maxAbsGradient, Math.max),
        saturated: combine(layer.saturated, other.saturated, add),
        sumAbsGradient: combine(layer.sumAbsGradient, other.sumAbsGradient, add),
      };
    }),
  };
}

const add = (a: number, b: number): number => a + b;

function combine<T extends Float32Array | Float64Array>(a: T, b: T, join: (x: number, y: number) => number): T {
  return a.map((value, j) => join(value, b[j] as number)) as T;
}

/** Sums over the samples of a stretch of training, for every hidden neuron in order. */
import type { ChunkResult } from '../../engine/network.ts';
import { SNAPSHOT_FIELDS, type SnapshotLayer } from '../../vocabulary/index.ts';

export class ActivityCounters {
  samples = 0;
  readonly fired: Float64Array;
  readonly sumAbs: Float64Array;
  readonly sumAbsGradient: Float64Array;

  constructor(neurons: number) {
    this.fired = new Float64Array(neurons);
    this.sumAbs = new Float64Array(neurons);
    this.sumAbsGradient = new Float64Array(neurons);
  }

  add({ samples, fired, sumAbs, sumAbsGradient }: ChunkResult): void {
    this.samples += samples;
    addTo(this.fired, fired);
    addTo(this.sumAbs, sumAbs);
    addTo(this.sumAbsGradient, sumAbsGradient);
  }

  reset(): void {
    this.samples = 0;
    this.fired.fill(0);
    this.sumAbs.fill(0);
    this.sumAbsGradient.fill(0);
  }

  /** A snapshot's data: for each layer and each field in order, every neuron's mean per sample. */
  means(layers: readonly SnapshotLayer[]): Float32Array<ArrayBuffer> {
    const data = new Float32Array(this.fired.length * SNAPSHOT_FIELDS.length);
    const columns = { fired: this.fired, meanAbs: this.sumAbs, gradient: this.sumAbsGradient };
    let next = 0,
      first = 0;
    for (const { units } of layers) {
      for (const field of SNAPSHOT_FIELDS) {
        for (let j = first; j < first + units; j++) data[next++] = (columns[field][j] as number) / this.samples;
      }
      first += units;
    }
    return data;
  }
}

function addTo(sums: Float64Array, values: Float64Array): void {
  for (let j = 0; j < sums.length; j++) sums[j] = (sums[j] as number) + (values[j] as number);
}

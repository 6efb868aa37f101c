/** Snapshots of a run by step: those that arrived live, and those fetched to look back. In bounded memory. */
import type { Snapshot } from '../../vocabulary/index.ts';

const MOST_BYTES = 24 * 1024 * 1024;

export class Frames {
  /** In order of step. */
  #frames: Snapshot[] = [];
  #bytes = 0;

  get length(): number {
    return this.#frames.length;
  }
  get latest(): Snapshot | null {
    return this.#frames.at(-1) ?? null;
  }

  add(frame: Snapshot): void {
    const at = this.#after(frame.header.step);
    if (this.#frames[at - 1]?.header.step === frame.header.step) return;
    this.#frames.splice(at, 0, frame);
    this.#bytes += frame.data.byteLength;
    while (this.#bytes > MOST_BYTES && this.#frames.length > 2) this.#thin();
  }

  /** The newest frame at or before `step`; the oldest of all if none is that old. */
  at(step: number): Snapshot | null {
    return this.#frames[Math.max(0, this.#after(step) - 1)] ?? null;
  }

  /** Every second frame goes; the rest still spans the whole run. */
  #thin(): void {
    const last = this.#frames.length - 1;
    this.#frames = this.#frames.filter((_, i) => i % 2 === 0 || i === last);
    this.#bytes = this.#frames.reduce((sum, frame) => sum + frame.data.byteLength, 0);
  }

  #after(step: number): number {
    let low = 0,
      high = this.#frames.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#frames[middle]!.header.step <= step) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** One neuron's figures over time, from the frames in memory. `index` counts within its layer. */
  trace(layer: number, index: number): { steps: number[]; fired: number[]; meanAbs: number[]; gradient: number[] } {
    const trace = { steps: [] as number[], fired: [] as number[], meanAbs: [] as number[], gradient: [] as number[] };
    for (const { header, data } of this.#frames) {
      let offset = 0;
      for (let i = 0; i < layer; i += 1) offset += header.layers[i]!.units * header.fields.length;
      const units = header.layers[layer]?.units ?? 0;
      trace.steps.push(header.step);
      header.fields.forEach((field, i) => trace[field].push(data[offset + i * units + index]!));
    }
    return trace;
  }
}

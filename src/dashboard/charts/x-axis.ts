/** What the horizontal axis of all charts of a page counts. Everything is recorded by step, and converted here. */
import type { StepTimes } from '../../vocabulary/index.ts';
import { duration, number, stepLabel, whole } from '../parts/format.ts';

export const X_AXES = ['step', 'epoch', 'samples', 'time'] as const;
export type XAxis = (typeof X_AXES)[number];

export const X_AXIS_LABELS: Record<XAxis, string> = {
  step: 'step',
  epoch: 'epoch',
  samples: 'samples trained on',
  time: 'time since the start',
};

/** The column of a file: its name has the unit. */
export const X_AXIS_COLUMNS: Record<XAxis, string> = {
  step: 'step',
  epoch: 'epoch',
  samples: 'samples',
  time: 'seconds since the start',
};

/** What a step of one run is in epochs, samples and seconds. */
export interface RunScale {
  stepsPerEpoch: number;
  batchSize: number;
  /** Of the training part. The last batch of an epoch may be smaller than the others. */
  samplesPerEpoch: number;
  /** Milliseconds since 1970; null before the run has started. */
  startedAt: number | null;
  times: StepTimes;
}

/** Ascends with the step. Time includes pauses; between two reports it is interpolated. NaN: not known. */
export function toX(axis: XAxis, scale: RunScale, step: number): number {
  switch (axis) {
    case 'step':
      return step;
    case 'epoch':
      return step / scale.stepsPerEpoch;
    case 'samples': {
      const epochs = Math.floor(step / scale.stepsPerEpoch),
        rest = (step - epochs * scale.stepsPerEpoch) * scale.batchSize;
      return epochs * scale.samplesPerEpoch + Math.min(rest, scale.samplesPerEpoch);
    }
    case 'time':
      return secondsAt(scale, step);
  }
}

/** The step at a place of the axis, not rounded. */
export function toStep(axis: XAxis, scale: RunScale, x: number): number {
  switch (axis) {
    case 'step':
      return x;
    case 'epoch':
      return x * scale.stepsPerEpoch;
    case 'samples': {
      const epochs = Math.floor(x / scale.samplesPerEpoch),
        rest = (x - epochs * scale.samplesPerEpoch) / scale.batchSize;
      return epochs * scale.stepsPerEpoch + Math.min(rest, scale.stepsPerEpoch);
    }
    case 'time':
      return stepAt(scale, x);
  }
}

export function xLabel(axis: XAxis, x: number | null): string {
  if (x === null || !Number.isFinite(x)) return '';
  switch (axis) {
    case 'step':
    case 'samples':
      return stepLabel(x);
    case 'epoch':
      return number(x);
    case 'time':
      return x === 0 ? '0' : x < 1 ? `${number(x)} s` : duration(x * 1000);
  }
}

/** A place of the axis in a sentence. */
export const placeInWords = (axis: XAxis, x: number): string =>
  axis === 'step' || axis === 'samples'
    ? `${whole(Math.round(x))} ${axis === 'step' ? 'steps' : 'samples'}`
    : axis === 'epoch'
      ? `epoch ${number(x)}`
      : xLabel(axis, x);

function secondsAt({ startedAt, times: { steps, at } }: RunScale, step: number): number {
  if (startedAt === null) return Number.NaN;
  const after = firstFrom(steps, step);
  const [fromStep, fromAt] = after > 0 ? [steps[after - 1]!, at[after - 1]!] : [0, startedAt];
  // Nothing is known yet of a step that no report has reached.
  if (after === steps.length) return (fromAt - startedAt) / 1000;
  const share = (step - fromStep) / Math.max(1e-9, steps[after]! - fromStep);
  return Math.max(0, (fromAt + Math.max(0, share) * (at[after]! - fromAt) - startedAt) / 1000);
}

function stepAt({ startedAt, times: { steps, at } }: RunScale, seconds: number): number {
  if (startedAt === null) return 0;
  const moment = startedAt + seconds * 1000;
  const after = firstFrom(at, moment);
  if (after === at.length) return steps.at(-1) ?? 0;
  const [fromStep, fromAt] = after > 0 ? [steps[after - 1]!, at[after - 1]!] : [0, startedAt];
  return fromStep + Math.max(0, (moment - fromAt) / Math.max(1e-9, at[after]! - fromAt)) * (steps[after]! - fromStep);
}

/** The index of the first number that is at least `wanted`; the length if there is none. */
function firstFrom(ascending: ArrayLike<number>, wanted: number): number {
  let low = 0,
    high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

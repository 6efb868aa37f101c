/** A run that is being watched: its state from the messages so far, and how a terminal shows it. */
import type { WatchMessage } from '../client/index.ts';
import {
  shareDone,
  type Failure,
  type Progress,
  type Run,
  type RunStatus,
  type Summary,
  type SummaryKey,
} from '../vocabulary/index.ts';
import { hiddenLayers } from '../model/blocks.ts';
import { bar, clean, number, percent } from './text.ts';
import { fit } from './width.ts';

export interface RunView {
  readonly id: string;
  readonly name: string;
  readonly layers: readonly { name: string; units: number; activation: string }[];
  status: RunStatus;
  progress: Progress;
  summary: Summary;
  error: Failure | null;
  /** The newest value of every metric; null where it is not finite, or no longer known. */
  values: Record<string, number | null>;
}

/** The run at its start. Its messages, from the first one on, bring it up to date. */
export function viewOf({ id, name, status, progress, error, spec }: Run): RunView {
  const layers = hiddenLayers(spec.model.layers).map(({ name, spec: { units }, activation }) => ({
    name,
    units,
    activation: activation.type,
  }));
  return { id, name, layers, status, progress: { ...progress, epoch: 0, step: 0 }, summary: {}, error, values: {} };
}

export function update(view: RunView, message: WatchMessage): void {
  if (message.type === 'status') {
    const { status, progress, error } = message;
    Object.assign(view, { status, progress, error, summary: { ...view.summary, ...message.summary } });
  } else if (message.type === 'metrics') {
    for (const [key, values] of Object.entries(message.values)) {
      const newest = values.at(-1);
      if (newest !== undefined) view.values[key] = newest;
    }
    const { steps } = view.progress;
    const step = Math.max(view.progress.step, (message.steps.at(-1) ?? -1) + 1);
    view.progress = { ...view.progress, step: steps > 0 ? Math.min(step, steps) : step };
  }
}

const BAR = 24;

/** The block that is redrawn; no line is wider than `width` columns. */
export function drawRun(view: RunView, width: number): string[] {
  const { status, progress, values } = view;
  const share = shareDone(view);
  const lines = [
    `${clean(view.name)}  ${view.id}  ${status}`,
    `${bar(share, BAR)} ${percent(share)}  epoch ${epochOf(view)}/${progress.epochs}  step ${number(progress.step)}/${number(progress.steps)}`,
    `${lossOf(view)}${'gradientNorm' in values ? `  gradient norm ${number(values['gradientNorm'])}` : ''}`,
    ...view.layers.map((layer) => drawLayer(layer, values, view)),
  ];
  return lines.map((line) => fit(line, width));
}

function drawLayer(
  { name, units, activation }: RunView['layers'][number],
  values: RunView['values'],
  { layers }: RunView,
): string {
  const active = values[`activeFraction/${name}`];
  const dead = values[`deadNeurons/${name}`];
  const widest = Math.max(...layers.map((layer) => layer.activation.length));
  const label = `${name.padEnd(9)}${String(units).padStart(6)} ${activation.padEnd(widest)}`;
  if (active === undefined || active === null) return `${label}  ${'·'.repeat(BAR)}`;
  return `${label}  ${bar(active, BAR)} ${percent(active).padStart(7)} active${dead === undefined ? '' : `  ${number(dead)} dead or silent`}`;
}

/** One line, for output that cannot be redrawn. */
export function describeRun(view: RunView): string {
  const { progress, layers, values, status } = view;
  const active = layers.map(({ name }) => percent(values[`activeFraction/${name}`]));
  const shown = active.length > 8 ? [...active.slice(0, 8), '...'] : active;
  return `${status}  epoch ${epochOf(view)}/${progress.epochs}  step ${progress.step}/${progress.steps}  ${lossOf(view)}  active neurons by layer: ${shown.join(' ')}`;
}

function lossOf({ values, summary }: RunView): string {
  const value = (key: SummaryKey) => (values[key] === undefined ? summary[key] : values[key]);
  // Of the training, the mean over the newest steps; of the validation, over all of its samples.
  const parts = [`newest training loss ${number(value('loss'))}`, `validation loss ${number(value('valLoss'))}`];
  const [accuracy, valAccuracy] = [value('accuracy'), value('valAccuracy')];
  if (typeof accuracy === 'number' || typeof valAccuracy === 'number')
    parts.push(`newest training accuracy ${percent(accuracy)}`, `validation accuracy ${percent(valAccuracy)}`);
  return parts.join('  ');
}

/** The epoch that is being trained, counted from 1; the last one of a run that succeeded. */
const epochOf = ({ status, progress: { epoch, epochs, step, steps } }: RunView) =>
  status === 'succeeded'
    ? epoch
    : steps > 0
      ? Math.min(epochs, Math.floor((step / steps) * epochs) + 1)
      : Math.min(epochs, epoch + 1);

/**
 * How all charts of a page are drawn. It is part of the address, so that a view can be sent on, and the same for every
 * chart of the page, wherever it stands.
 */
import { SMOOTHING_MOST } from '../../vocabulary/smoothing.ts';
import { choiceField, flagField, listField, numberField, rangeField, textField } from '../url-fields.ts';
import { urlState } from '../url-state.ts';
import type { Range } from './axis-range.ts';
import { X_AXES, type XAxis } from './x-axis.ts';

interface ChartsView {
  x: XAxis;
  isLogX: boolean;
  /** Ids of the charts with a logarithmic y axis. */
  logY: string[];
  /** 0..0.99 */
  smoothing: number;
  /** The y axes leave out what is far from the rest. */
  isClipped: boolean;
  /** Ids of the curves that are hidden. */
  hidden: string[];
  /** In units of the x axis. */
  zoom: Range | null;
  /** The id of the chart that fills the screen. */
  full: string;
}

const SMOOTHING_KEY = 'smoothing';

/** Each person's own choice, for pages that are opened without one. */
function usualSmoothing(): number {
  try {
    const kept = Number(localStorage.getItem(SMOOTHING_KEY));
    return kept >= 0 && kept <= SMOOTHING_MOST ? kept : 0;
  } catch {
    return 0;
  }
}

const smoothingField = numberField('smooth', [0, SMOOTHING_MOST], 0);

export const chartsView = urlState<ChartsView>({
  x: choiceField('x', X_AXES, 'step'),
  isLogX: flagField('logx'),
  logY: listField('logy'),
  smoothing: {
    name: smoothingField.name,
    read: (text) => (text === null ? usualSmoothing() : smoothingField.read(text)),
    write: String,
  },
  isClipped: flagField('clip'),
  hidden: listField('hide'),
  zoom: rangeField('zoom'),
  full: textField('full'),
});

export function setSmoothing(smoothing: number): void {
  try {
    localStorage.setItem(SMOOTHING_KEY, String(smoothing));
  } catch {
    /* storage may be forbidden: the choice is then in this address only */
  }
  chartsView.set({ smoothing }, { replace: true });
}

export const zoomTo = (zoom: Range | null): void => chartsView.set({ zoom });

/** A zoomed range means nothing on another axis. */
export const setXAxis = (x: XAxis): void => chartsView.set({ x, zoom: null });

export const toggled = (list: readonly string[], item: string): string[] =>
  list.includes(item) ? list.filter((one) => one !== item) : [...list, item];

/**
 * A curve of a legend is pressed: it is hidden, or shown again. `isAlone`: all others of its chart are hidden or, if they
 * are, shown again.
 */
export function pressCurve(id: string, { all, isAlone }: { all: readonly string[]; isAlone: boolean }): void {
  const { hidden } = chartsView.peek();
  if (!isAlone) return chartsView.set({ hidden: toggled(hidden, id) });
  const others = all.filter((one) => one !== id);
  const wasAlone = !hidden.includes(id) && others.every((one) => hidden.includes(one));
  const rest = hidden.filter((one) => !all.includes(one));
  chartsView.set({ hidden: wasAlone ? rest : [...rest, ...others] });
}

/**
 * The width in steps that a smoothing refers to: the last step with two digits, rounded up, so that a run in training is
 * not smoothed anew at every step.
 */
export function smoothingRange(lastStep: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, lastStep))) - 1);
  return Math.max(1, Math.ceil(lastStep / unit) * unit);
}

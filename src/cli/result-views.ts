/** Neurons, predictions and comparisons as a terminal shows them. */
import {
  changesAgainst,
  FIGURES,
  NEURON_STATES,
  SUMMARY_KEYS,
  timeOfLifeEvent,
  type Neurons,
  type Prediction,
  type Run,
} from '../vocabulary/index.ts';
import { clean, figure, number, percent, table } from './text.ts';
import { fit } from './width.ts';

/** The counts of every layer, and each neuron with `each`. */
export function describeNeurons({ step, samples, layers }: Neurons, each: boolean): string {
  const counts = layers.map(({ name, units, activation, counts: by }) => [
    name,
    String(units),
    activation,
    ...NEURON_STATES.map((state) => String(by[state])),
  ]);
  const overview = table([
    ['LAYER', 'UNITS', 'ACTIVATION', ...NEURON_STATES.map((state) => state.toUpperCase())],
    ...counts,
  ]);
  const head = `Neurons as of step ${number(step)}, over ${number(samples)} samples`;
  if (!each) return [head, overview].join('\n');
  const rows = layers.flatMap(({ name, neurons }) =>
    neurons.map(({ index, state, permanent, firedFraction, meanAbs, bias, history }) => [
      name,
      String(index),
      permanent ? `${state}, permanent` : state,
      percent(firedFraction),
      number(meanAbs),
      number(bias),
      history.map((event) => `${LIFE_WORDS[event.type]} ${timeOfLifeEvent(event)}`).join('; '),
    ]),
  );
  const list =
    rows.length === 0
      ? 'No neuron matches.'
      : table([['LAYER', 'NEURON', 'STATE', 'FIRES ON', 'MEAN |OUTPUT|', 'BIAS', 'LIFE'], ...rows]);
  return [head, overview, '', list].join('\n');
}
const LIFE_WORDS = { bornDead: 'born dead', died: 'died', revived: 'revived' } as const;

/** Wider predictions show the most probable class only. */
const WIDEST = 10;

export function describePrediction({ step, outputs, outputNames, labels }: Prediction): string {
  const isNarrow = outputNames.length <= WIDEST;
  const names = isNarrow ? outputNames.map((name) => fit(clean(name), 24)) : ['HIGHEST'];
  const rows = outputs.map((row, i) => {
    const label = labels?.[i];
    const named = label === undefined ? [] : [clean(Array.isArray(label) ? label.join(', ') || '-' : label)];
    return [String(i), ...named, ...(isNarrow ? row.map(number) : [number(Math.max(...row))])];
  });
  return [
    `With the weights of step ${number(step)}`,
    table([['ROW', ...(labels ? ['PREDICTED'] : []), ...names], ...rows]),
  ].join('\n');
}

/** What differs between the specs, and the figures of each; the first run is the one that others are compared with. */
export function describeComparison(runs: readonly Run[]): string {
  const [base, ...others] = runs;
  if (!base) return '';
  const changes = others.map(
    (run) => new Map(changesAgainst(base.spec, run.spec).map((change) => [change.path, change])),
  );
  const paths = [...new Set(changes.flatMap((each) => [...each.keys()]))];
  const differing = paths.map((path) => [
    path,
    word(changes.map((each) => each.get(path)).find((change) => change !== undefined)?.from),
    ...changes.map((each) => (each.has(path) ? word(each.get(path)?.to) : '=')),
  ]);
  const known = SUMMARY_KEYS.filter((key) => runs.some(({ summary }) => typeof summary[key] === 'number'));
  const figures = known.map((key) => [FIGURES[key].name, ...runs.map(({ summary }) => figure(key, summary[key]))]);
  return table([
    ['', ...runs.map(({ id }) => id)],
    ['name', ...runs.map(({ name }) => fit(clean(name), 30))],
    ['status', ...runs.map(({ status }) => status)],
    ...differing,
    ...figures,
  ]);
}

const word = (value: unknown): string =>
  value === null || value === undefined
    ? '-'
    : fit(clean(typeof value === 'string' ? value : JSON.stringify(value)), 40);

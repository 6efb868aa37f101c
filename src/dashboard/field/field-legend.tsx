import type { NeuronState } from '../../schemas/index.ts';
import { emberAt } from './scale.ts';

const STOPS = [0, 0.01, 0.1, 0.5, 1];
const GRADIENT = `linear-gradient(90deg, ${Array.from({ length: 11 }, (_, i) => `rgb(${emberAt(i / 10).join(' ')})`).join(', ')})`;

const MEANING: Partial<Record<NeuronState, [mark: string, text: string]>> = {
  dead: ['×', 'dead'],
  silent: ['○', 'silent'],
  stuck: ['–', 'stuck'],
  constant: ['=', 'constant'],
  saturated: ['⌐', 'saturated'],
};

/** The scale, with its ticks where they are on it, and the marks that are in use. */
export function FieldLegend({ states }: { states: readonly NeuronState[] }) {
  const present = new Set(states);
  return (
    <div class="field-legend push">
      {(Object.keys(MEANING) as NeuronState[])
        .filter((state) => state === 'dead' || present.has(state))
        .map((state) => (
          <span key={state} class={`key ${state}`}>
            <i>{MEANING[state]![0]}</i>
            {MEANING[state]![1]}
          </span>
        ))}
      <span
        class="scale"
        role="img"
        aria-label="Brightness: share of samples that fire the neuron, from 0 to 100 percent"
      >
        <span class="ramp" style={{ background: GRADIENT }} />
        <span class="ticks num">
          {STOPS.map((stop) => (
            <i key={stop} style={{ left: `${Math.sqrt(stop) * 100}%` }}>
              {stop * 100}
              {stop === 1 ? ' %' : ''}
            </i>
          ))}
        </span>
      </span>
    </div>
  );
}

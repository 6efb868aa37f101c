import type { NeuronState } from '../../vocabulary/index.ts';
import { vocabulary } from '../data/vocabulary.ts';
import { STATE_LABELS, STATE_MARKS } from '../parts/labels.ts';
import { emberAt } from './scale.ts';

const STOPS = [0, 0.01, 0.1, 0.5, 1];
const GRADIENT = `linear-gradient(90deg, ${Array.from({ length: 11 }, (_, i) => `rgb(${emberAt(i / 10).join(' ')})`).join(', ')})`;

/** The scale, with its ticks where they are on it, and the marks that are in use. */
export function FieldLegend({ states }: { states: readonly NeuronState[] }) {
  const present = new Set(states);
  return (
    <div class="field-legend push">
      {vocabulary.neuronStates
        .filter((state) => STATE_MARKS[state] !== null && (state === 'dead' || present.has(state)))
        .map((state) => (
          <span key={state} class={`key ${state}`}>
            <i>{STATE_MARKS[state]}</i>
            {STATE_LABELS[state]}
          </span>
        ))}
      <span
        class="scale"
        role="img"
        aria-label="Brightness: share of samples on which the neuron fires, from 0 to 100 percent"
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

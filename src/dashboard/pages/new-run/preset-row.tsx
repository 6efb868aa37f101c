import { ADVICE_LABELS } from '../../../vocabulary/index.ts';
import type { Draft } from './fill-in.ts';
import { PRESETS } from './presets.ts';
import { applyRemedy, REMEDIES, type RemedyCode } from './remedies.ts';

/** The jobs that a new one may start from. */
export const PresetRow = ({ chosen, choose }: { chosen: Draft | null; choose: (job: Draft) => void }) => (
  <div class="presets" role="radiogroup" aria-label="Start from">
    {PRESETS.map((one) => (
      <button
        key={one.id}
        type="button"
        role="radio"
        aria-checked={chosen === one.job}
        class="preset"
        onClick={() => choose(one.job)}
      >
        <PresetDrawing layers={one.job.model.layers.map((layer) => ('units' in layer ? layer.units : 0))} />
        <b>{one.title}</b>
        <span>{one.text}</span>
      </button>
    ))}
  </div>
);

interface RemedyRowProps {
  /** The job without a remedy; null while there is none. */
  job: Draft | null;
  chosen: RemedyCode | null;
  choose: (code: RemedyCode | null) => void;
}

export const RemedyRow = ({ job, chosen, choose }: RemedyRowProps) => (
  <div class="remedy-row" role="radiogroup" aria-label="Remedy">
    {[null, ...REMEDIES].map((one) => {
      const applies = job !== null && (one === null || applyRemedy(job, one) !== null);
      return (
        <button
          key={one ?? 'none'}
          type="button"
          role="radio"
          aria-checked={job !== null && chosen === one}
          class="chip"
          disabled={!applies}
          title={applies ? undefined : 'Does not apply to this job'}
          onClick={() => choose(one)}
        >
          {one === null ? 'No remedy' : ADVICE_LABELS[one]}
        </button>
      );
    })}
  </div>
);

const MOST_DOTS = 6;

/** The network's outline: a column of lamps for every layer. */
function PresetDrawing({ layers }: { layers: number[] }) {
  const lamp = 7,
    gap = 3,
    width = layers.length * (lamp + gap),
    height = MOST_DOTS * (lamp + gap);
  return (
    <svg class="outline" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {layers.map((units, x) => {
        const shown = Math.max(2, Math.min(MOST_DOTS, Math.round(units / 8) || units));
        const top = ((MOST_DOTS - shown) * (lamp + gap)) / 2;
        return Array.from({ length: shown }, (_, y) => (
          <rect
            key={`${x} ${y}`}
            x={x * (lamp + gap)}
            y={top + y * (lamp + gap)}
            width={lamp}
            height={lamp}
            rx={2}
            class={(x * 7 + y * 3) % 4 === 0 ? 'lit' : ''}
          />
        ));
      })}
    </svg>
  );
}

import type { CheckpointSelector } from '../../../../vocabulary/index.ts';
import { choicesOf, type Kept } from './kept.ts';

interface Props {
  kept: Kept;
  value: CheckpointSelector;
  choose: (checkpoint: CheckpointSelector) => void;
}

/** Whose weights a panel shows. */
export const CheckpointSelect = ({ kept, value, choose }: Props) => (
  <select
    class="input"
    aria-label="Checkpoint"
    value={String(value)}
    onChange={(event) => {
      const found = choicesOf(kept).find(({ choice }) => String(choice) === event.currentTarget.value);
      if (found) choose(found.choice);
    }}
  >
    {choicesOf(kept).map(({ choice, words }) => (
      <option key={choice} value={String(choice)}>
        {words}
      </option>
    ))}
  </select>
);

/** The panels of a run's page for a closer look, fetched after the rest of the page. */
import type { RunFeed } from '../../../data/run-feed.ts';
import type { Run } from '../../../../vocabulary/index.ts';
import { CheckpointsPanel } from './checkpoints-panel.tsx';
import { HistogramsPanel } from './histograms-panel.tsx';
import { SizesPanel } from './sizes-panel.tsx';
import '../../../styles/science.css';

export interface ScienceProps {
  feed: RunFeed;
  run: Run;
  /** The past step on screen; null is the present. */
  at: number | null;
  look: (step: number | null) => void;
}

export function Science(props: ScienceProps) {
  return (
    <>
      <SizesPanel {...props} />
      <HistogramsPanel {...props} />
      <CheckpointsPanel {...props} />
    </>
  );
}

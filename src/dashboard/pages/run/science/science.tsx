/** The panels of a run's page for a closer look, fetched after the rest of the page. */
import { taskOf, type Run } from '../../../../vocabulary/index.ts';
import type { RunFeed } from '../../../data/run-feed.ts';
import { service } from '../../../data/service.ts';
import { isFinal } from '../../../data/vocabulary.ts';
import { CheckpointsPanel } from './checkpoints-panel.tsx';
import { ConfusionPanel } from './confusion-panel.tsx';
import { FunctionPanel } from './function-panel.tsx';
import { HistogramsPanel } from './histograms-panel.tsx';
import { SizesPanel } from './sizes-panel.tsx';
import { useAnswer } from './use-answer.ts';
import '../../../styles/science.css';

export interface ScienceProps {
  feed: RunFeed;
  run: Run;
  /** The past step on screen; null is the present. */
  at: number | null;
  look: (step: number | null) => void;
}

export function Science(props: ScienceProps) {
  const { feed, run } = props;
  const version = feed.checkpoints.value + (isFinal(run.status) ? 0.5 : 0);
  const { value: checkpoints } = useAnswer(run.id, version, () => service.checkpoints(run.id));
  const list = checkpoints?.data ?? [];
  // A model is asked for only where there is one.
  const kept = list.length > 0 ? { list, version } : null;
  return (
    <>
      {kept && taskOf(run.spec.training.loss) === 'classification' && <ConfusionPanel run={run} kept={kept} />}
      {kept && <FunctionPanel run={run} kept={kept} />}
      <SizesPanel {...props} />
      <HistogramsPanel {...props} />
      {kept && <CheckpointsPanel feed={feed} run={run} kept={kept} />}
    </>
  );
}

import { useState } from 'preact/hooks';
import type { CheckpointSelector, ConfusionAnswer, DataPart } from '../../../../vocabulary/index.ts';
import { service } from '../../../data/service.ts';
import { whole } from '../../../parts/format.ts';
import { CellSamples } from './cell-samples.tsx';
import { CheckpointSelect } from './checkpoint-select.tsx';
import { ConfusedPairs } from './confused-pairs.tsx';
import { ConfusionMatrix, type Cell } from './confusion-matrix.tsx';
import type { Kept } from './kept.ts';
import { NotThere } from './not-there.tsx';
import type { ScienceProps } from './science.tsx';
import { useAnswer } from './use-answer.ts';
import { useSeen } from './use-seen.ts';

/** Up to this many classes fit a table that can be read. */
const MOST_CLASSES = 30;

/** Which classes the model takes for which, and the samples behind each number. */
export function ConfusionPanel({ run, kept }: Pick<ScienceProps, 'run'> & { kept: Kept }) {
  const [box, isSeen] = useSeen<HTMLElement>();
  const [checkpoint, setCheckpoint] = useState<CheckpointSelector>('final');
  const [part, setPart] = useState<DataPart | null>(null);
  const [cell, setCell] = useState<Cell | null>(null);
  const query = { checkpoint, ...(part && { part }) };
  const { version } = kept;
  const { value: answer, fault } = useAnswer<ConfusionAnswer | null>(
    `${run.id} ${isSeen} ${checkpoint} ${part}`,
    version,
    () => (isSeen ? service.confusion(run.id, query) : Promise.resolve(null)),
  );
  const choose = (change: () => void) => {
    setCell(null);
    change();
  };
  return (
    <section ref={box} class="panel confusion" aria-label="Confusion matrix">
      <div class="panel-head">
        <h2>Confusion matrix</h2>
        {answer && (
          <span class="quiet num">
            {answer.samples < answer.of ? `${whole(answer.samples)} of ${whole(answer.of)}` : whole(answer.samples)}{' '}
            {answer.part} samples at step {whole(answer.step)}
          </span>
        )}
        <div class="confusion-choice">
          <select
            class="input"
            aria-label="Part of the data"
            value={part ?? answer?.part ?? 'validation'}
            onChange={(event) => choose(() => setPart(event.currentTarget.value as DataPart))}
          >
            <option value="validation">validation</option>
            <option value="training">training</option>
            {(part === 'test' || hasTestPart(run)) && <option value="test">test</option>}
          </select>
          <CheckpointSelect kept={kept} value={checkpoint} choose={(value) => choose(() => setCheckpoint(value))} />
        </div>
      </div>
      <div class="panel-body" aria-busy={isSeen && !answer && fault === null}>
        {fault !== null && !answer && <NotThere fault={fault} />}
        {answer && answer.classes.length <= MOST_CLASSES && (
          <ConfusionMatrix answer={answer} cell={cell} choose={setCell} />
        )}
        {answer && <ConfusedPairs answer={answer} cell={cell} choose={setCell} />}
        {answer && answer.classes.length > MOST_CLASSES && (
          <p class="quiet">
            {whole(answer.classes.length)} classes are too many for a table. The pairs above are those that are confused
            most.
          </p>
        )}
        {answer && cell && (
          <CellSamples run={run} query={query} version={version} cell={cell} classes={answer.classes} />
        )}
      </div>
    </section>
  );
}

/** Only a data set with a fixed split has test samples. */
const hasTestPart = ({ summary }: ScienceProps['run']): boolean =>
  Object.keys(summary).some((key) => key.startsWith('test'));

import { useState } from 'preact/hooks';
import type { CheckpointInfo, Run } from '../../../../vocabulary/index.ts';
import { mayIn } from '../../../data/me.ts';
import { modelUrl, service, shareToken } from '../../../data/service.ts';
import { vocabulary } from '../../../data/vocabulary.ts';
import { confirmStart } from '../../../parts/confirm.tsx';
import { ago, bytes, count, number, whole } from '../../../parts/format.ts';
import { MODEL_FORMAT_LABELS } from '../../../parts/labels.ts';
import { toast, toastFault } from '../../../parts/toast.tsx';
import { navigate } from '../../../router.ts';
import type { Kept } from './kept.ts';
import type { ScienceProps } from './science.tsx';

/** The models of a run that are kept: to download, or to train on from. */
export function CheckpointsPanel({ feed, run, kept: { list } }: Pick<ScienceProps, 'feed' | 'run'> & { kept: Kept }) {
  const losses = feed.curves.series.get('valLoss');
  return (
    <section class="panel checkpoints" aria-label="Checkpoints">
      <div class="panel-head">
        <h2>Checkpoints</h2>
        <span class="quiet">the models that are kept</span>
      </div>
      <div class="table-scroll" tabIndex={0} role="group" aria-label="Table of checkpoints">
        <table class="value-table">
          <thead>
            <tr>
              <th scope="col">Step</th>
              <th scope="col">Epoch</th>
              <th scope="col">
                Validation loss <span class="split">measured last by then</span>
              </th>
              <th scope="col">Size</th>
              <th scope="col">Taken</th>
              <th scope="col">Model</th>
              <th scope="col">
                <span class="sr">Action</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {list.toReversed().map((checkpoint, index) => (
              <tr key={checkpoint.step}>
                <th scope="row">
                  {whole(checkpoint.step)}{' '}
                  {marksOf(checkpoint, index === 0).map((mark) => (
                    <span key={mark} class="tag">
                      {mark}
                    </span>
                  ))}
                </th>
                <td>{whole(checkpoint.epoch)}</td>
                <td>{number(lossAt(run, checkpoint, losses))}</td>
                <td>{bytes(checkpoint.bytes)}</td>
                <td>
                  <time dateTime={checkpoint.createdAt}>{ago(checkpoint.createdAt)}</time>
                </td>
                <td class="formats">
                  {(shareToken === null ? vocabulary.modelFormats : []).map((format) => (
                    <a
                      key={format}
                      href={modelUrl(run.id, format, checkpoint.step)}
                      download
                      aria-label={`${format}, model of step ${checkpoint.step}`}
                      title={MODEL_FORMAT_LABELS[format]}
                    >
                      {format}
                    </a>
                  ))}
                </td>
                <td>{mayIn(run.project, 'member') && <ForkButton run={run} step={checkpoint.step} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

const marksOf = ({ isBest, isFinal: isLast }: CheckpointInfo, isNewest: boolean): string[] => [
  ...(isLast ? ['final'] : isNewest ? ['newest'] : []),
  ...(isBest ? ['best'] : []),
];

function lossAt(
  { summary }: Run,
  { step, isBest }: CheckpointInfo,
  losses: { at: (step: number) => number | null } | undefined,
): number | null {
  return (isBest ? summary.bestValLoss : undefined) ?? losses?.at(step) ?? null;
}

/** The same job again, from these weights. */
function ForkButton({ run, step }: { run: Run; step: number }) {
  const [isBusy, setBusy] = useState(false);
  const trainOn = async () => {
    const ok = await confirmStart(`Train on from step ${whole(step)}?`, whatFollows(run, step), 'Start the new run');
    if (!ok) return;
    setBusy(true);
    try {
      const fork = await service.fork(run.id, { checkpoint: step });
      toast(`A new run trains on from step ${whole(step)}.`);
      navigate(`/runs/${fork.id}`);
    } catch (fault) {
      setBusy(false);
      toastFault(fault);
    }
  };
  return (
    <button
      type="button"
      class="button small"
      disabled={isBusy}
      aria-label={`Train on from step ${step}`}
      onClick={() => void trainOn()}
    >
      Train on
    </button>
  );
}

function whatFollows({ name, spec: { training } }: Run, step: number): string {
  const epochs = training.stopping ? `up to ${count(training.epochs, 'epoch')}` : count(training.epochs, 'epoch');
  return `A new run starts from the weights of step ${whole(step)} of ${name} and trains ${epochs} with the same settings. The optimizer starts afresh. This run stays as it is.`;
}

import { LOSS_UNIT_NAMES, scoreOf, trainingLossOf, type Neurons, type Run } from '../../../vocabulary/index.ts';
import { Stroke } from '../../charts/legend.tsx';
import type { RunFeed } from '../../data/run-feed.ts';
import { EMBER_CSS, levelOf } from '../../field/scale.ts';
import { number, percent, whole } from '../../parts/format.ts';
import { Icon } from '../../parts/icons.tsx';
import { STATE_MARKS } from '../../parts/labels.ts';
import { Score } from '../../parts/score.tsx';
import { DeadCount, Status } from '../../parts/status.tsx';
import { compareView } from './compare-view.ts';
import type { Shown } from './shown.ts';

/** One line per run: results, and its neurons layer by layer on the common scale. */
export function HealthTable({ shown }: { shown: Shown[] }) {
  const { runs, base } = compareView.value;
  const baseline = shown.find(({ run }) => run.id === base)?.run ?? null;
  return (
    <section class="panel table-scroll" aria-label="Neuron health">
      <table class="compared">
        <caption class="sr">Results and neuron health of the compared runs</caption>
        <thead>
          <tr>
            <th scope="col">
              Run, and its layers from first to last
              <span class="split">brightness: share of samples that fire; ×: dead; ○: silent</span>
            </th>
            <th scope="col">
              Base<span class="split">of differences</span>
            </th>
            <th scope="col">Status</th>
            <Head label="Loss" of="training" />
            <Head label="Loss" of="validation" />
            <Head label="Best loss" of="validation" />
            <Head label="Score" of="accuracy or R²" />
            <Head label="Active" of="of neurons" />
            <Head label="Dead" of="of neurons" />
            <th scope="col">
              <span class="sr">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((one) => {
            const { feed, run, name } = one;
            const delta = (read: (run: Run) => number | null | undefined, format?: (value: number) => string) =>
              baseline && baseline.id !== run.id && <Delta now={read(run)} base={read(baseline)} format={format} />;
            return (
              <tr key={run.id} class={run.id === base ? 'is-baseline' : ''}>
                <th scope="row">
                  <Stroke curve={one} />
                  <a dir="auto" href={`/runs/${run.id}`}>
                    {name}
                  </a>
                  <LayerStrip neurons={knownNeurons(feed, run)} />
                </th>
                <td>
                  <label class="check">
                    <input
                      type="checkbox"
                      checked={run.id === base}
                      aria-label={`${name} is the baseline`}
                      onChange={() => compareView.set({ base: run.id === base ? '' : run.id })}
                    />
                    {run.id === base && 'base'}
                  </label>
                </td>
                <td>
                  <Status of={run.status} />
                </td>
                <td class="end">
                  {number(trainingLossOf(run.summary))}
                  {run.summary.lossUnit === 'normalised' && <span class="split">{LOSS_UNIT_NAMES.normalised}</span>}
                  {isSameLoss(run, baseline) && delta(({ summary }) => trainingLossOf(summary))}
                </td>
                <td class="end">
                  {number(run.summary.valLoss)}
                  {isSameLoss(run, baseline) && delta(({ summary }) => summary.valLoss)}
                </td>
                <td class="end">
                  <Best run={run} />
                  {isSameLoss(run, baseline) && delta(({ summary }) => summary.bestValLoss)}
                </td>
                <td class="end">
                  <Score run={run} />
                  {baseline &&
                    scoreOf(run).name === scoreOf(baseline).name &&
                    delta((of) => scoreOf(of).value, scoreOf(run).name === 'accuracy' ? points : undefined)}
                </td>
                <td class="end">
                  {percent(run.summary.activeFraction)}
                  {delta(({ summary }) => summary.activeFraction, points)}
                </td>
                <td class="end">
                  <Dead run={run} neurons={knownNeurons(feed, run)} />
                </td>
                <td>
                  <button
                    type="button"
                    class="button plain icon small"
                    aria-label={`Remove ${name} from the comparison`}
                    onClick={() =>
                      compareView.set({
                        runs: runs.filter((id) => id !== run.id),
                        ...(run.id === base && { base: '' }),
                      })
                    }
                  >
                    <Icon name="close" />
                  </button>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

/** Losses of different functions or units have no difference. */
const isSameLoss = (run: Run, base: Run | null): boolean =>
  base !== null && run.spec.training.loss === base.spec.training.loss && run.summary.lossUnit === base.summary.lossUnit;

/** A difference of shares, in percentage points. */
const points = (share: number): string => `${number(share * 100)} points`;

/** `+0.02 (+4 %)` against the baseline. */
function Delta({
  now,
  base,
  format,
}: {
  now: number | null | undefined;
  base: number | null | undefined;
  format: ((value: number) => string) | undefined;
}) {
  if (typeof now !== 'number' || typeof base !== 'number') return null;
  const difference = now - base;
  if (difference === 0) return <span class="split delta">± 0</span>;
  const sign = difference > 0 ? '+' : '−';
  const size = Math.abs(difference);
  return (
    <span class="split delta">
      {sign}
      {format ? format(size) : number(size)}
      {!format && base !== 0 && ` (${sign}${percent(size / Math.abs(base))})`}
    </span>
  );
}

/** Of the newest verdict. After a divergence nothing is known of the neurons. */
const knownNeurons = (feed: RunFeed, { error }: Run): Neurons | null =>
  error?.code === 'DIVERGED' ? null : feed.neurons.value;

/** A silent neuron fired on none of the samples that were seen, which is no proof of death: it is counted apart. */
function Dead({ run, neurons }: { run: Run; neurons: Neurons | null }) {
  const countOf = (state: 'dead' | 'silent') => neurons?.layers.reduce((sum, { counts }) => sum + counts[state], 0);
  const silent = countOf('silent');
  return (
    <>
      <DeadCount count={countOf('dead')} of="dead" /> <span class="faint">of {whole(run.summary.hiddenNeurons)}</span>
      {silent !== undefined && silent > 0 && <span class="split">{whole(silent)} silent</span>}
    </>
  );
}

const Best = ({ run: { summary } }: { run: Run }) => (
  <>
    {number(summary.bestValLoss)}
    {summary.bestStep !== undefined && <span class="split">step {whole(summary.bestStep)}</span>}
  </>
);

const Head = ({ label, of }: { label: string; of: string }) => (
  <th scope="col" class="end">
    {label}
    <span class="split">{of}</span>
  </th>
);

/** Above this share black text reads better than white on the scale's colour; at it both have a contrast of 4.5. */
const INK_FROM = 0.19;

function LayerStrip({ neurons }: { neurons: Neurons | null }) {
  if (!neurons) return null;
  return (
    <div class="strip">
      {neurons.layers.map((layer) => {
        const { dead, silent } = layer.counts,
          isOut = dead + silent === layer.units,
          share =
            layer.neurons.reduce((sum, neuron) => sum + neuron.firedFraction, 0) / Math.max(1, layer.neurons.length),
          words = `${layer.name}: neurons fire on ${percent(share)} of samples on average; of ${layer.units}, ${dead} are dead and ${silent} silent`;
        return (
          <span
            key={layer.name}
            class={isOut ? 'all-dead' : ''}
            style={{ background: isOut ? undefined : EMBER_CSS(levelOf(share)) }}
            title={words}
          >
            <span class="sr">{words}</span>
            <span class={share > INK_FROM ? 'on-light' : ''} aria-hidden="true">
              {[dead > 0 && `${STATE_MARKS.dead}${dead}`, silent > 0 && `${STATE_MARKS.silent}${silent}`]
                .filter(Boolean)
                .join(' ')}
            </span>
          </span>
        );
      })}
    </div>
  );
}

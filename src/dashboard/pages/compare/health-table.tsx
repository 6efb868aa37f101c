import { LOSS_UNIT_NAMES, trainingLossOf, type Neurons, type Run } from '../../../vocabulary/index.ts';
import { title } from '../../data/actions.ts';
import type { RunFeed } from '../../data/run-feed.ts';
import { EMBER_CSS, levelOf } from '../../field/scale.ts';
import { number, percent, whole } from '../../parts/format.ts';
import { STATE_MARKS } from '../../parts/labels.ts';
import { Score } from '../../parts/score.tsx';
import { DeadCount, Status } from '../../parts/status.tsx';

export interface Shown {
  feed: RunFeed;
  run: Run;
  colour: string;
}

/** One line per run: results, and its neurons layer by layer on the common scale. */
export function HealthTable({ shown }: { shown: Shown[] }) {
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
            <th scope="col">Status</th>
            <Head label="Loss" of="training" />
            <Head label="Loss" of="validation" />
            <Head label="Best loss" of="validation" />
            <Head label="Score" of="accuracy or R²" />
            <Head label="Active" of="of neurons" />
            <Head label="Dead" of="of neurons" />
          </tr>
        </thead>
        <tbody>
          {shown.map(({ feed, run, colour }) => (
            <tr key={run.id}>
              <th scope="row">
                <i class="swatch" style={{ background: colour }} />
                <a dir="auto" href={`/runs/${run.id}`}>
                  {title(run)}
                </a>
                <LayerStrip neurons={knownNeurons(feed, run)} />
              </th>
              <td>
                <Status of={run.status} />
              </td>
              <td class="end">
                {number(trainingLossOf(run.summary))}
                {run.summary.lossUnit === 'normalised' && <span class="split">{LOSS_UNIT_NAMES.normalised}</span>}
              </td>
              <td class="end">{number(run.summary.valLoss)}</td>
              <td class="end">
                <Best run={run} />
              </td>
              <td class="end">
                <Score run={run} />
              </td>
              <td class="end">{percent(run.summary.activeFraction)}</td>
              <td class="end">
                <Dead run={run} neurons={knownNeurons(feed, run)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
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
          share = layer.neurons.reduce((sum, neuron) => sum + neuron.firedFraction, 0) / Math.max(1, layer.units),
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

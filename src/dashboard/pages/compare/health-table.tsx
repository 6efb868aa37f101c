import type { Run } from '../../../schemas/index.ts';
import { title } from '../../data/actions.ts';
import type { RunFeed } from '../../data/run-feed.ts';
import { EMBER_CSS, levelOf } from '../../field/scale.ts';
import { number, percent, whole } from '../../parts/format.ts';
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
            <th scope="col">Run</th>
            <th scope="col">Status</th>
            <th scope="col" class="end">
              Loss
            </th>
            <th scope="col" class="end">
              Accuracy
            </th>
            <th scope="col" class="end">
              Active
            </th>
            <th scope="col" class="end">
              Dead
            </th>
            <th scope="col">Layers, first to last: active share, dead ×</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ feed, run, colour }) => (
            <tr key={run.id}>
              <th scope="row">
                <i class="swatch" style={{ background: colour }} />
                <a href={`/runs/${run.id}`}>{title(run)}</a>
              </th>
              <td>
                <Status of={run.status} />
              </td>
              <td class="end">{number(run.summary.valLoss ?? run.summary.loss)}</td>
              <td class="end">{percent(run.summary.valAccuracy ?? run.summary.accuracy)}</td>
              <td class="end">{percent(run.summary.activeFraction)}</td>
              <td class="end">
                <DeadCount count={run.summary.deadNeurons} />{' '}
                <span class="faint">of {whole(run.summary.hiddenNeurons)}</span>
              </td>
              <td>
                <LayerStrip feed={feed} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** From this share on black reads better on the scale's colour than white; both have a contrast of 4.5 there. */
const INK_FROM = 0.19;

function LayerStrip({ feed }: { feed: RunFeed }) {
  const neurons = feed.neurons.value;
  if (!neurons) return <span class="faint">–</span>;
  return (
    <div class="strip">
      {neurons.layers.map((layer) => {
        const out = layer.counts.dead + layer.counts.silent,
          share = layer.neurons.reduce((sum, neuron) => sum + neuron.firedFraction, 0) / Math.max(1, layer.units);
        return (
          <span
            key={layer.name}
            class={out === layer.units ? 'all-dead' : ''}
            style={{ background: out === layer.units ? undefined : EMBER_CSS(levelOf(share)) }}
            title={`${layer.name}: fires on ${percent(share)} of samples, ${out} of ${layer.units} dead`}
          >
            <span class={share > INK_FROM ? 'on-light' : ''}>{out > 0 ? `×${out}` : ''}</span>
          </span>
        );
      })}
    </div>
  );
}

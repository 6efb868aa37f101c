import { useState } from 'preact/hooks';
import { HISTOGRAM_KINDS, type HistogramKind } from '../../../../vocabulary/index.ts';
import { service } from '../../../data/service.ts';
import { Disclosure } from '../../../parts/evidence.tsx';
import { number, percent, whole } from '../../../parts/format.ts';
import { HeatStrip } from './heat-strip.tsx';
import { HistogramBars } from './histogram-bars.tsx';
import type { ScienceProps } from './science.tsx';
import { useAnswer } from './use-answer.ts';
import { verdictAt } from './verdict-at.ts';

const KIND_WORDS: Record<HistogramKind, { name: string; of: (samples: number) => string }> = {
  weights: { name: 'Weights', of: () => 'of the kernel' },
  gradients: {
    name: 'Gradients',
    of: (samples) => `of the mean loss over ${whole(samples)} training samples, by the kernel`,
  },
  activations: {
    name: 'Activations',
    of: (samples) => `outputs of the neurons for ${whole(samples)} training samples`,
  },
};

/** How the values of a layer are distributed, over the steps and at the step on screen. */
export function HistogramsPanel({ feed, run, at, look }: ScienceProps) {
  const [kind, setKind] = useState<HistogramKind>('weights');
  const [wanted, setWanted] = useState<string | null>(null);
  const newest = feed.neurons.value?.step ?? -1;
  const { value: answer } = useAnswer(`${run.id} ${kind}`, newest, () => service.histograms(run.id, { kind }));
  if (newest < 0 || (answer === null && wanted === null && kind === 'weights')) return null;
  const { steps = [], samples = [], layers = [] } = answer ?? {};
  const layer = layers.find(({ name }) => name === wanted) ?? layers[0];
  const place = verdictAt(steps, at);
  const shown = layer?.histograms[Math.max(0, place)] ?? null;
  return (
    <section class="panel histograms" aria-label="Histograms">
      <div class="panel-head">
        <h2>Histograms</h2>
        <div class="segments" role="group" aria-label="Values">
          {HISTOGRAM_KINDS.map((name) => (
            <button key={name} type="button" aria-pressed={kind === name} onClick={() => setKind(name)}>
              {KIND_WORDS[name].name}
            </button>
          ))}
        </div>
        {layers.length > 1 && (
          <label class="of-layer">
            <span class="sr">Layer</span>
            <select class="input" value={layer?.name} onChange={(event) => setWanted(event.currentTarget.value)}>
              {layers.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
        )}
      </div>
      {answer !== null && layer === undefined && (
        <p class="panel-body quiet">
          {steps.length === 0
            ? 'Not recorded by this run. It was trained by an earlier version, or has no verdict on its neurons yet.'
            : `No layer of this run has ${KIND_WORDS[kind].name.toLowerCase()}: it has no hidden layers.`}
        </p>
      )}
      {layer && (
        <div class="panel-body">
          <p class="quiet">
            {KIND_WORDS[kind].name} of {layer.name}: {KIND_WORDS[kind].of(samples[Math.max(0, place)] ?? 0)}.
          </p>
          <HeatStrip steps={steps} histograms={layer.histograms} end={feed.lastStep} at={at} look={look} />
          {shown && (
            <HistogramBars histogram={shown} step={steps[Math.max(0, place)]!} name={`${kind} of ${layer.name}`} />
          )}
          <Disclosure summary="All steps as a table">
            <div class="table-scroll" tabIndex={0} role="group" aria-label="Table of histograms">
              <table class="value-table">
                <thead>
                  <tr>
                    {['Step', 'Smallest', 'Mean', 'Standard deviation', 'Largest', 'Exactly 0'].map((heading) => (
                      <th key={heading} scope="col">
                        {heading}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {layer.histograms.map(
                    (histogram, verdict) =>
                      histogram && (
                        <tr key={verdict}>
                          <th scope="row">{whole(steps[verdict])}</th>
                          <td>{number(histogram.minimum)}</td>
                          <td>{number(histogram.mean)}</td>
                          <td>{number(histogram.deviation)}</td>
                          <td>{number(histogram.maximum)}</td>
                          <td>{percent(histogram.zeros / Math.max(1, histogram.count))}</td>
                        </tr>
                      ),
                  )}
                </tbody>
              </table>
            </div>
          </Disclosure>
        </div>
      )}
    </section>
  );
}

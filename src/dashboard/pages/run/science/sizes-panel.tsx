import type { LayerSizes } from '../../../../vocabulary/index.ts';
import { layerColour } from '../../../charts/layer-colour.ts';
import { service } from '../../../data/service.ts';
import { number, whole } from '../../../parts/format.ts';
import { isDark } from '../../../theme.ts';
import type { ScienceProps } from './science.tsx';
import { SizeChart, type Zone } from './size-chart.tsx';
import { useAnswer } from './use-answer.ts';
import { verdictAt } from './verdict-at.ts';

type Size = Exclude<keyof LayerSizes, 'name'>;

/** Half a power of ten around 1e-3. */
const USUAL_RATIO: Zone = { from: 10 ** -3.5, to: 10 ** -2.5, label: 'around 0.001' };

const SIZES: { size: Size; heading: string; of: string }[] = [
  { size: 'weightNorm', heading: '|W|', of: 'norm of the weights' },
  { size: 'gradientNorm', heading: '|dL/dW|', of: 'norm of their gradient' },
  { size: 'updateRatio', heading: '|ΔW| / |W|', of: 'update-to-weight ratio' },
  { size: 'meanAbsGradient', heading: 'mean |dL/dz|', of: 'per sample and neuron' },
];

/** How large each layer's weights, gradients and updates are: whether all layers learn, and at a fitting pace. */
export function SizesPanel({ feed, run, at }: ScienceProps) {
  const newest = feed.neurons.value?.step ?? -1;
  const { value: answer } = useAnswer(run.id, newest, () => service.layers(run.id));
  if (!answer || answer.steps.length === 0) return null;
  const { steps, layers } = answer;
  const place = verdictAt(steps, at);
  const wasRecorded = (size: Size) => layers.some((layer) => layer[size].some((value) => value !== null));
  const chart = (size: Size, title: string, note: string, zone?: Zone) =>
    wasRecorded(size) ? (
      <SizeChart
        title={title}
        note={note}
        zone={zone}
        steps={steps}
        end={feed.lastStep}
        at={at}
        curves={layers
          .map((layer, index) => ({
            name: layer.name,
            colour: layerColour(index, layers.length, isDark.value),
            values: layer[size],
          }))
          .filter(({ values }) => values.some((value) => value !== null))}
      />
    ) : (
      <p class="quiet not-recorded">{title}: not recorded by this run. It was trained by an earlier version.</p>
    );
  return (
    <section class="panel sizes" aria-label="Sizes of weights, gradients and updates">
      <div class="panel-head">
        <h2>Weights, gradients and updates</h2>
        <span class="quiet num">by layer, at step {whole(steps[Math.max(0, place)])}</span>
      </div>
      {layers.length === 0 ? (
        <p class="panel-body quiet">Not recorded by this run. It was trained by an earlier version.</p>
      ) : (
        <>
          <div class="table-scroll" tabIndex={0} role="group" aria-label="Table of sizes">
            <table class="value-table">
              <thead>
                <tr>
                  <th scope="col">Layer</th>
                  {SIZES.map(({ size, heading, of }) => (
                    <th key={size} scope="col">
                      {heading} <span class="split">{of}</span>
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {layers.map((layer) => (
                  <tr key={layer.name}>
                    <th scope="row">{layer.name}</th>
                    {SIZES.map(({ size }) => (
                      <td key={size}>{number(layer[size][Math.max(0, place)])}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <div class="size-charts">
            {chart(
              'updateRatio',
              'Update-to-weight ratio',
              'Of the one step after the verdict before. The band is a rule of thumb (Karpathy, CS231n): far above it the learning rate may be too high, far below too low.',
              USUAL_RATIO,
            )}
            {chart(
              'gradientNorm',
              'Gradient norm',
              'L2 norm over kernel and bias of the mean loss, on a few training samples at each verdict.',
            )}
            {chart(
              'meanAbsGradient',
              'Mean |dL/dz|',
              'Of the pre-activations of hidden neurons: how much of the error reaches the layer. Not a norm of the weights’ gradient.',
            )}
          </div>
        </>
      )}
    </section>
  );
}

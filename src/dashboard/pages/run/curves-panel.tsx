import { useSignal, type Signal } from '@preact/signals';
import { Chart, type Curve, type Range } from '../../charts/chart.tsx';
import { layerColour } from '../../charts/layer-colour.ts';
import type { RunFeed } from '../../data/run-feed.ts';
import { LOSS_UNIT_NAMES, type Run } from '../../../vocabulary/index.ts';
import { percent, whole } from '../../parts/format.ts';
import { isDark, palette } from '../../theme.ts';

/** Measured after every epoch where a part of the data is held out, else once at the end. */
const SCORES = [
  { key: 'r2', title: 'R², validation' },
  { key: 'macroF1', title: 'Macro F1, validation' },
];
const LAYER_LEGEND_MOST = 6;

interface Props {
  feed: RunFeed;
  run: Run;
  at: number | null;
  zoom: Signal<Range | null>;
}

export function CurvesPanel({ feed, run, at, zoom }: Props) {
  const isLog = useSignal(false);
  const version = feed.slowTick.value;
  const { curves: colours } = palette.value;
  const { series } = feed.curves;
  const closer = zoom.value && zoom.value[1] < feed.lastStep ? feed.curves.detail.value : null;
  const find = (key: string) => closer?.get(key) ?? series.get(key);
  const common = { version: closer ? -1 : version, zoom, sync: 'run', marks: feed.marks, at, end: feed.lastStep };
  const pick =
    (...wanted: [key: string, label: string, colour: number][]) =>
    (): Curve[] =>
      wanted.flatMap(([key, label, colour]) => {
        const found = find(key);
        return found ? [{ label, colour: colours[colour]!, series: found }] : [];
      });
  const layers = (prefix: string) => (): Curve[] => {
    const keys = [...series.keys()]
      .filter((key) => key.startsWith(`${prefix}/`))
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    return keys.map((key, i) => ({
      label: key.slice(prefix.length + 1),
      colour: layerColour(i, keys.length, isDark.value),
      series: find(key)!,
    }));
  };
  const widest = Math.max(1, ...run.spec.model.layers.map((layer) => (layer.type === 'dense' ? layer.units : 0)));
  if (series.size === 0) return null;
  const lossUnit = run.summary.lossUnit === 'normalised' ? `, ${LOSS_UNIT_NAMES.normalised}` : '';
  const hasLayers = layers('deadNeurons')().length > 0 || layers('activeFraction')().length > 0;
  return (
    <section aria-label="Curves">
      <div class="charts">
        <div class="panel">
          <Chart
            {...common}
            title={splitTitle('loss', series, ['loss', 'valLoss']) + lossUnit}
            isLog={isLog.value}
            curves={pick(['loss', 'training', 0], ['valLoss', 'validation', 1])}
          >
            <button
              type="button"
              class="button small plain"
              aria-pressed={isLog.value}
              onClick={() => {
                isLog.value = !isLog.value;
              }}
            >
              Log scale
            </button>
          </Chart>
        </div>
        {(series.has('accuracy') || series.has('valAccuracy')) && (
          <div class="panel">
            <Chart
              {...common}
              title={splitTitle('accuracy', series, ['accuracy', 'valAccuracy'])}
              curves={pick(['accuracy', 'training', 0], ['valAccuracy', 'validation', 1])}
              format={percent}
              domain={[0, 1]}
            />
          </div>
        )}
        {SCORES.map(
          ({ key, title }) =>
            (series.get(key)?.length ?? 0) > 1 && (
              <div key={key} class="panel">
                <Chart {...common} title={title} curves={pick([key, title, 1])} domain={[null, 1]} />
              </div>
            ),
        )}
        {hasLayers && (
          <div class="panel">
            <Chart
              {...common}
              title="Active neurons by layer"
              compactLegend={LAYER_LEGEND_MOST}
              curves={layers('activeFraction')}
              format={(value) => percent(value, 0)}
              range={[0, 1]}
            />
          </div>
        )}
        {hasLayers && (
          <div class="panel">
            <Chart
              {...common}
              title="Dead or silent neurons by layer"
              compactLegend={LAYER_LEGEND_MOST}
              curves={layers('deadNeurons')}
              format={whole}
              range={[0, null]}
              domain={[0, widest]}
            />
          </div>
        )}
        <div class="panel">
          <Chart {...common} title="Gradient norm" curves={pick(['gradientNorm', 'gradient norm', 2])} />
        </div>
        <div class="panel">
          <Chart
            {...common}
            title="Learning rate"
            curves={pick(['learningRate', 'learning rate', 6])}
            range={[0, null]}
          />
        </div>
      </div>
      <p class="charts-hint faint">
        Marks on the axes: <b class="cold">deaths</b>, <b class="ember">revivals</b>. Drag across a chart to zoom in;
        double-click to zoom out.
        {zoom.value && (
          <button
            type="button"
            class="button small"
            onClick={() => {
              zoom.value = null;
            }}
          >
            Show all steps
          </button>
        )}
      </p>
    </section>
  );
}

/** `Training loss`, or both parts of the data where both were measured. */
function splitTitle(
  noun: string,
  series: ReadonlyMap<string, unknown>,
  [training, validation]: [training: string, validation: string],
): string {
  if (!series.has(validation)) return `Training ${noun}`;
  return series.has(training) ? `Training and validation ${noun}` : `Validation ${noun}`;
}

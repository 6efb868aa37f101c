import { useEffect } from 'preact/hooks';
import { Chart, type Curve } from '../../charts/chart.tsx';
import { ChartsBar } from '../../charts/charts-bar.tsx';
import { chartsView, smoothingRange } from '../../charts/charts-view.ts';
import { layerColour } from '../../charts/layer-colour.ts';
import { toStep } from '../../charts/x-axis.ts';
import type { RunFeed } from '../../data/run-feed.ts';
import { scaleOf } from '../../data/run-scale.ts';
import { isFinal } from '../../data/vocabulary.ts';
import { LOSS_UNIT_NAMES, type Run } from '../../../vocabulary/index.ts';
import { percent, whole } from '../../parts/format.ts';
import { isDark, palette } from '../../theme.ts';

/** Measured after every epoch where a part of the data is held out, else once at the end. */
const SCORES = [
  { key: 'r2', title: 'R², validation' },
  { key: 'macroF1', title: 'Macro F1, validation' },
];

interface Props {
  feed: RunFeed;
  run: Run;
  at: number | null;
}

export function CurvesPanel({ feed, run, at }: Props) {
  const version = feed.slowTick.value;
  const { zoom, x: axis, isLogX, smoothing } = chartsView.value;
  const end = feed.lastStep;
  const scale = scaleOf(feed, run);
  const look = {
    range: zoom && ([toStep(axis, scale, zoom[0]), toStep(axis, scale, zoom[1])] as const),
    spacing: isLogX ? ('log' as const) : ('even' as const),
    smoothing,
    smoothingRange: smoothingRange(end),
  };
  useEffect(() => feed.curves.look(look), [feed, JSON.stringify(look)]);
  const { curves: colours } = palette.value;
  const { series } = feed.curves;
  const detail = feed.curves.detail.value;
  // At the newest end of a run in training the live points are ahead of those that were asked for.
  const isPast = isFinal(run.status) || (look.range !== null && look.range[1] < end);
  const find = (key: string): Pick<Curve, 'series' | 'smoothed'> | null => {
    const closer = isPast ? detail?.series.get(key) : undefined;
    const found = closer ?? series.get(key);
    if (!found) return null;
    const smoothed = found.isWhole && !closer ? undefined : detail?.smoothed.get(key);
    return { series: found, smoothed: detail?.look.smoothing === smoothing ? smoothed : undefined };
  };
  const common = { version, marks: feed.marks, at, end };
  const pick =
    (...wanted: [key: string, label: string, colour: number][]) =>
    (): Curve[] =>
      wanted.flatMap(([key, label, colour]) => {
        const found = find(key);
        return found ? [{ id: key, label, colour: colours[colour]!, ...found }] : [];
      });
  const layers = (prefix: string) => (): Curve[] => {
    const keys = [...series.keys()]
      .filter((key) => key.startsWith(`${prefix}/`))
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    return keys.flatMap((key, i) => {
      const found = find(key);
      const label = key.slice(prefix.length + 1);
      // One layer is hidden in all charts of layers at once.
      return found ? [{ id: label, label, colour: layerColour(i, keys.length, isDark.value), ...found }] : [];
    });
  };
  const widest = Math.max(1, ...run.spec.model.layers.map((layer) => (layer.type === 'dense' ? layer.units : 0)));
  if (series.size === 0) return null;
  const lossUnit = run.summary.lossUnit === 'normalised' ? `, ${LOSS_UNIT_NAMES.normalised}` : '';
  const hasLayers = layers('deadNeurons')().length > 0 || layers('activeFraction')().length > 0;
  return (
    <section aria-label="Curves">
      <ChartsBar />
      <div class="charts">
        <div class="panel">
          <Chart
            {...common}
            id="loss"
            title={splitTitle('loss', series, ['loss', 'valLoss']) + lossUnit}
            curves={pick(['loss', 'training', 0], ['valLoss', 'validation', 1])}
          />
        </div>
        {(series.has('accuracy') || series.has('valAccuracy')) && (
          <div class="panel">
            <Chart
              {...common}
              id="accuracy"
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
                <Chart {...common} id={key} title={title} curves={pick([key, title, 1])} domain={[null, 1]} />
              </div>
            ),
        )}
        {hasLayers && (
          <div class="panel">
            <Chart
              {...common}
              id="activeFraction"
              title="Active neurons by layer"
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
              id="deadNeurons"
              title="Dead or silent neurons by layer"
              curves={layers('deadNeurons')}
              format={whole}
              range={[0, null]}
              domain={[0, widest]}
              isExact
            />
          </div>
        )}
        <div class="panel">
          <Chart
            {...common}
            id="gradientNorm"
            title="Gradient norm"
            curves={pick(['gradientNorm', 'gradient norm', 2])}
          />
        </div>
        <div class="panel">
          <Chart
            {...common}
            id="learningRate"
            title="Learning rate"
            curves={pick(['learningRate', 'learning rate', 6])}
            range={[0, null]}
            isExact
          />
        </div>
      </div>
      <p class="charts-hint faint">
        Marks on the axes: <b class="cold">deaths</b> (long), <b class="ember">revivals</b> (short). Drag across a chart
        to zoom in, double-click to zoom out; with the keyboard, arrows move the cursor, + and − zoom, 0 shows the whole
        axis. Press a name to hide its curve, with Shift to see it alone.
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

import { useEffect, useMemo } from 'preact/hooks';
import { Chart } from '../../charts/chart.tsx';
import type { Run } from '../../../vocabulary/index.ts';
import { isTeam } from '../../data/me.ts';
import type { RunFeed } from '../../data/run-feed.ts';
import { Series } from '../../data/series.ts';
import type { Spot } from '../../field/painter.ts';
import { viewOf } from '../../field/view.ts';
import { percent } from '../../parts/format.ts';
import { Icon } from '../../parts/icons.tsx';
import { lazily } from '../../parts/lazily.tsx';
import { palette } from '../../theme.ts';
import { describeNeuron } from './describe-neuron.ts';

const NeuronComments = lazily(() => import('./comments/comments.tsx').then((file) => file.NeuronComments));

/** The curves and figures of one neuron. */
export function PinnedPanel({
  feed,
  run,
  spot,
  at,
  close,
}: {
  feed: RunFeed;
  run: Run;
  spot: Spot;
  at: number | null;
  close: () => void;
}) {
  const version = feed.slowTick.value;
  const [first, second, third] = palette.value.curves;
  useEffect(() => {
    void feed.loadWholeTime();
  }, [feed]);
  const curves = useMemo(() => {
    const trace = feed.frames.trace(spot.layer, spot.index);
    const series = (values: number[]) => {
      const made = new Series(Math.max(4, values.length));
      values.forEach((value, i) => made.push(trace.steps[i]!, value));
      return made;
    };
    return { fired: series(trace.fired), meanAbs: series(trace.meanAbs), gradient: series(trace.gradient) };
  }, [version, spot.layer, spot.index]);
  const snapshot = at === null ? feed.frames.latest : feed.frames.at(at);
  const view = viewOf(snapshot, feed.neurons.value, at ?? Infinity);
  if (!view || spot.index >= (view.layers[spot.layer]?.units ?? 0)) return null;
  const description = describeNeuron(spot, view, snapshot, feed.neurons.value, at);
  const common = { version, at, end: feed.lastStep, height: 130 };
  return (
    <section class="panel pinned" aria-label={description.title}>
      <div class="panel-head">
        <h2>{description.title}</h2>
        <span class="quiet">{description.life}</span>
        <button type="button" class="button plain icon small push" aria-label="Unpin this neuron" onClick={close}>
          <Icon name="close" />
        </button>
      </div>
      <div class="panel-body pinned-body">
        <dl class="facts-list">
          {description.lines.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd class="num">{value}</dd>
            </div>
          ))}
        </dl>
        <Chart
          {...common}
          id="neuronFired"
          title="Share of samples it fires on"
          curves={() => [{ id: 'firingShare', label: 'firing share', colour: first!, series: curves.fired }]}
          range={[0, 1]}
          format={(value) => percent(value, 0)}
        />
        <Chart
          {...common}
          id="neuronOutput"
          title="Mean |output|"
          curves={() => [{ id: 'meanAbs', label: 'mean |output|', colour: second!, series: curves.meanAbs }]}
          range={[0, null]}
        />
        <Chart
          {...common}
          id="neuronGradient"
          title="Mean |gradient|"
          curves={() => [{ id: 'gradient', label: 'mean |gradient|', colour: third!, series: curves.gradient }]}
          range={[0, null]}
        />
      </div>
      {isTeam.value && <NeuronComments run={run} layer={view.layers[spot.layer]!.name} neuron={spot.index} />}
    </section>
  );
}

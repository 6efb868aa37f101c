import { useEffect, useState } from 'preact/hooks';
import type { Run } from '../../../vocabulary/index.ts';
import { Chart, type Curve } from '../../charts/chart.tsx';
import { title } from '../../data/actions.ts';
import { RunFeed } from '../../data/run-feed.ts';
import { shareToken } from '../../data/service.ts';
import { Fault } from '../../parts/states.tsx';
import { Status } from '../../parts/status.tsx';
import { palette } from '../../theme.ts';
import { choiceField } from '../../url-fields.ts';
import { urlState } from '../../url-state.ts';
import { showRuns, useFeeds, type Shown } from '../compare/shown.ts';
import { FieldPanel } from '../run/field-panel.tsx';
import '../../styles/run.css';

const view = urlState({ panel: choiceField('panel', ['loss', 'neurons'], 'loss') });
const CHART_HEIGHT = 260;

/** One panel in the page of another site: the loss of the shared runs, or the neurons of the first one. */
export const EmbeddedPanel = ({ runs }: { runs: string[] }) => (
  <main class="embedded">
    {view.value.panel === 'neurons' ? <Neurons id={runs[0] ?? ''} /> : <Losses ids={runs} />}
  </main>
);

/** To the whole page, outside the frame. */
const Head = ({ runs: [first, ...others] }: { runs: readonly Run[] }) =>
  first ? (
    <div class="row">
      <a class="text" dir="auto" href={`/shared/${shareToken}`} target="_blank" rel="noopener">
        {title(first)}
        {others.length > 0 && ` and ${others.length} more`}
      </a>
      {others.length === 0 && <Status of={first.status} />}
    </div>
  ) : null;

function Losses({ ids }: { ids: string[] }) {
  const feeds = useFeeds(ids);
  const shown = showRuns(feeds);
  const fault = feeds.find((feed) => feed.fault.value !== null)?.fault.value ?? null;
  const version = feeds.reduce((sum, feed) => sum + feed.slowTick.value, 0);
  const [one] = shown;
  if (fault !== null) return <Fault of={fault} />;
  return (
    <>
      <Head runs={shown.map(({ run }) => run)} />
      <Chart
        id="loss"
        title={shown.length > 1 ? 'Training loss' : 'Loss'}
        curves={() => (shown.length === 1 && one ? bothLosses(one) : shown.flatMap(trainingLoss))}
        version={version}
        end={Math.max(0, ...feeds.map((feed) => feed.lastStep))}
        height={CHART_HEIGHT}
      />
    </>
  );
}

function trainingLoss({ feed, run, name, colour, dash }: Shown): Curve[] {
  const series = feed.curves.series.get('loss');
  return series ? [{ id: run.id, label: name, series, colour, ...(dash && { dash }) }] : [];
}

function bothLosses({ feed }: Shown): Curve[] {
  const { curves } = palette.value;
  return (['loss', 'valLoss'] as const).flatMap((key, i) => {
    const series = feed.curves.series.get(key);
    return series ? [{ id: key, label: key === 'loss' ? 'training' : 'validation', series, colour: curves[i]! }] : [];
  });
}

function Neurons({ id }: { id: string }) {
  const [feed, setFeed] = useState<RunFeed | null>(null);
  useEffect(() => {
    const opened = new RunFeed(id);
    setFeed(opened);
    return () => opened.close();
  }, [id]);
  const run = feed?.run.value;
  const fault = feed?.fault.value ?? null;
  if (fault !== null) return <Fault of={fault} />;
  if (!feed || !run) return null;
  return (
    <>
      <Head runs={[run]} />
      <FieldPanel feed={feed} run={run} at={null} look={() => undefined} pinned={null} pin={() => undefined} />
    </>
  );
}

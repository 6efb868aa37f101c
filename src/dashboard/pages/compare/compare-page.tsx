import { useEffect } from 'preact/hooks';
import type { Ends } from '../../charts/axis-range.ts';
import { Chart, type Curve } from '../../charts/chart.tsx';
import { ChartsBar } from '../../charts/charts-bar.tsx';
import { chartsView, smoothingRange } from '../../charts/charts-view.ts';
import { toStep, toX } from '../../charts/x-axis.ts';
import { mayIn } from '../../data/me.ts';
import { scaleOf } from '../../data/run-scale.ts';
import { percent, whole } from '../../parts/format.ts';
import { LostConnection } from '../../parts/lost-connection.tsx';
import { ShareButton } from '../../parts/share-button.tsx';
import { ViewsMenu } from '../../parts/views-menu.tsx';
import { Empty, Fault } from '../../parts/states.tsx';
import { palette } from '../../theme.ts';
import { compareView } from './compare-view.ts';
import { GroupFields } from './group-fields.tsx';
import { GroupTable } from './group-table.tsx';
import { groupCurves, groupRuns, type Group, type Member } from './grouping.ts';
import { HealthTable } from './health-table.tsx';
import { RunPicker } from './run-picker.tsx';
import { showRuns, useFeeds, type Shown } from './shown.ts';
import { SpecDifferences } from './spec-differences.tsx';
import '../../styles/compare.css';

const CHARTS: {
  title: string;
  key: string;
  format?: (value: number | null) => string;
  range?: Ends;
  domain?: Ends;
  isExact?: boolean;
}[] = [
  { title: 'Training loss', key: 'loss' },
  { title: 'Validation loss', key: 'valLoss' },
  { title: 'Training accuracy', key: 'accuracy', format: percent, domain: [0, 1] },
  { title: 'Validation accuracy', key: 'valAccuracy', format: percent, domain: [0, 1] },
  { title: 'R²', key: 'r2', domain: [null, 1] },
  { title: 'Active neurons', key: 'activeFraction', format: (value) => percent(value, 0), range: [0, 1] },
  { title: 'Dead or silent neurons', key: 'deadNeurons', format: whole, range: [0, null], isExact: true },
  { title: 'Gradient norm', key: 'gradientNorm' },
  { title: 'Learning rate', key: 'learningRate', range: [0, null], isExact: true },
];
/** More runs than these have thin lines. */
const MANY = 20;

/**
 * Several runs on the same axes; those that are still training stay live. `shared`: those that a share link shows,
 * instead of those of the address.
 */
export function ComparePage({ shared }: { shared?: string[] }) {
  const { runs, group: path } = compareView.value;
  const ids = shared ?? runs;
  const feeds = useFeeds(ids);
  useEffect(() => {
    document.title = 'Compare · Relumine';
  }, []);
  const version = feeds.reduce((sum, feed) => sum + feed.slowTick.value, 0);
  const shown = showRuns(feeds);
  const end = Math.max(0, ...feeds.map((feed) => feed.lastStep));
  useLook(shown, end);

  const fault = feeds.find((feed) => feed.fault.value !== null)?.fault.value ?? null;
  const lost = feeds.map((feed) => feed.link.lost.value).find((one) => one !== null) ?? null;
  const { x: axis } = chartsView.value;
  const xEnd = Math.max(
    0,
    ...shown.map(({ feed, run }) => toX(axis, scaleOf(feed, run), feed.lastStep)).filter(Number.isFinite),
  );
  const groups = path === '' ? null : groupRuns(shown, path, palette.value.curves);
  return (
    <div class="page">
      <div class="page-head">
        <div>
          <h1>Compare</h1>
          <p class="quiet num">
            {ids.length === 1 ? '1 run' : `${ids.length} runs`}
            {groups && `, ${groups.length} groups`}
          </p>
        </div>
        {!shared && (
          <>
            <RunPicker />
            <ViewsMenu page="compare" />
            {shown.length > 0 && shown.every(({ run }) => mayIn(run.project, 'member')) && (
              <ShareButton kinds={['comparison']} runs={ids} />
            )}
          </>
        )}
      </div>
      {fault !== null && <Fault of={fault} />}
      <LostConnection lost={lost} reconnect={() => feeds.forEach((feed) => feed.reconnect())} />
      {ids.length === 0 ? (
        <Empty title="Choose runs to compare">
          <p>Search for them above, or select runs in the list and choose Compare.</p>
          <a class="button" href="/">
            All runs
          </a>
        </Empty>
      ) : (
        <>
          {groups && <GroupTable groups={groups} />}
          <HealthTable shown={shown} />
          <ChartsBar>
            <GroupFields shown={shown} />
          </ChartsBar>
          <section aria-label="Curves" class="charts compare-charts">
            {CHARTS.filter(({ key }) => shown.some(({ feed }) => feed.curves.series.has(key))).map((chart) => (
              <div key={chart.key} class="panel">
                <Chart
                  {...chart}
                  id={chart.key}
                  curves={() => curvesOf(chart.key, shown, groups, end)}
                  version={version}
                  end={end}
                  xEnd={xEnd}
                  height={210}
                />
              </div>
            ))}
          </section>
          <SpecDifferences shown={shown} />
        </>
      )}
    </div>
  );
}

/** Every run is asked for the points that the charts show now. */
function useLook(shown: readonly Shown[], end: number): void {
  const { zoom, x: axis, isLogX, smoothing } = chartsView.value;
  useEffect(() => {
    for (const { feed, run } of shown) {
      const scale = scaleOf(feed, run);
      feed.curves.look({
        range: zoom && [toStep(axis, scale, zoom[0]), toStep(axis, scale, zoom[1])],
        spacing: isLogX ? 'log' : 'even',
        smoothing,
        smoothingRange: smoothingRange(end),
      });
    }
  }, [shown.map(({ run }) => run.id).join(), zoom, axis, isLogX, smoothing, smoothingRange(end)]);
}

function curvesOf(key: string, shown: readonly Shown[], groups: readonly Group[] | null, end: number): Curve[] {
  const { x: axis, smoothing } = chartsView.value;
  const { middle, band } = compareView.value;
  const members = new Map<string, Member>();
  for (const { feed, run, name } of shown) {
    const detail = feed.curves.detail.value;
    const series = detail?.series.get(key) ?? feed.curves.series.get(key);
    if (!series) continue;
    const smoothed = detail?.look.smoothing === smoothing ? detail.smoothed.get(key) : undefined;
    members.set(run.id, { id: run.id, label: name, series, smoothed, scale: scaleOf(feed, run) });
  }
  if (!groups) {
    const width = shown.length > MANY ? 1 : 1.5;
    return shown.flatMap(({ run, colour, dash }) => {
      const member = members.get(run.id);
      return member ? [{ ...member, colour, ...(dash && { dash }), width }] : [];
    });
  }
  const options = { middle, band, axis, smoothing, smoothingRange: smoothingRange(end) };
  return groups.flatMap((group) =>
    groupCurves(
      group,
      group.members.flatMap(({ run }) => members.get(run.id) ?? []),
      options,
    ),
  );
}

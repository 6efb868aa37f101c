import { useEffect, useState } from 'preact/hooks';
import type { Ends } from '../../charts/axis-range.ts';
import { Chart, type Curve } from '../../charts/chart.tsx';
import { title } from '../../data/actions.ts';
import { RunFeed } from '../../data/run-feed.ts';
import { percent, whole } from '../../parts/format.ts';
import { Empty, Fault } from '../../parts/states.tsx';
import { palette } from '../../theme.ts';
import { HealthTable } from './health-table.tsx';
import { SpecDifferences } from './spec-differences.tsx';
import '../../styles/compare.css';

const CHARTS: {
  title: string;
  key: string;
  format?: (value: number | null) => string;
  range?: Ends;
  domain?: Ends;
}[] = [
  { title: 'Training loss', key: 'loss' },
  { title: 'Validation loss', key: 'valLoss' },
  { title: 'Training accuracy', key: 'accuracy', format: percent, domain: [0, 1] },
  { title: 'Validation accuracy', key: 'valAccuracy', format: percent, domain: [0, 1] },
  { title: 'Active neurons', key: 'activeFraction', format: (value) => percent(value, 0), range: [0, 1] },
  { title: 'Dead or silent neurons', key: 'deadNeurons', format: whole, range: [0, null] },
  { title: 'Gradient norm', key: 'gradientNorm' },
  { title: 'Learning rate', key: 'learningRate', range: [0, null] },
];

/** Several runs on the same axes; those that are still training stay live. */
export function ComparePage({ ids }: { ids: string[] }) {
  const [feeds, setFeeds] = useState<RunFeed[]>([]);
  useEffect(() => {
    document.title = 'Compare · Relumine';
    const opened = ids.map((id) => new RunFeed(id, { isBrief: true }));
    setFeeds(opened);
    return () => opened.forEach((feed) => feed.close());
  }, [ids.join()]);

  if (ids.length < 2) {
    return (
      <div class="page">
        <Empty title="Choose at least two runs">
          <p>Select runs in the list, then choose Compare.</p>
          <a class="button" href="/">
            All runs
          </a>
        </Empty>
      </div>
    );
  }
  const version = feeds.reduce((sum, feed) => sum + feed.slowTick.value, 0);
  const { curves: colours } = palette.value;
  const colour = (i: number) => colours[i % colours.length]!;
  const shown = feeds.flatMap((feed, i) => {
    const run = feed.run.value;
    return run ? [{ feed, run, colour: colour(i) }] : [];
  });
  const curves = (key: string) => (): Curve[] =>
    shown.flatMap(({ feed, run, colour: stroke }) => {
      const series = feed.curves.series.get(key);
      return series ? [{ id: run.id, label: title(run), colour: stroke, series }] : [];
    });
  const fault = feeds.find((feed) => feed.fault.value !== null)?.fault.value ?? null;
  return (
    <div class="page">
      <div class="page-head">
        <div>
          <h1>Compare</h1>
        </div>
      </div>
      {fault !== null && <Fault of={fault} />}
      <HealthTable shown={shown} />
      <section aria-label="Curves" class="charts compare-charts">
        {CHARTS.filter(({ key }) => shown.some(({ feed }) => feed.curves.series.has(key))).map((chart) => (
          <div key={chart.key} class="panel">
            <Chart
              {...chart}
              curves={curves(chart.key)}
              id={chart.key}
              version={version}
              end={Math.max(0, ...shown.map(({ feed }) => feed.lastStep))}
              height={210}
            />
          </div>
        ))}
      </section>
      <SpecDifferences shown={shown} />
    </div>
  );
}

import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { newZoom } from '../../charts/chart.tsx';
import { title } from '../../data/actions.ts';
import { RelumineApiError } from '../../data/service.ts';
import { RunFeed } from '../../data/run-feed.ts';
import type { Spot } from '../../field/painter.ts';
import { Empty, Fault } from '../../parts/states.tsx';
import { toastFault } from '../../parts/toast.tsx';
import { ClassesPanel } from './classes-panel.tsx';
import { CurvesPanel } from './curves-panel.tsx';
import { DiagnosisPanel } from './diagnosis-panel.tsx';
import { EventsPanel } from './events-panel.tsx';
import { FieldPanel } from './field-panel.tsx';
import { Origin } from './origin.tsx';
import { PinnedPanel } from './pinned-panel.tsx';
import { RunHead } from './run-head.tsx';
import { RunNumbers } from './run-numbers.tsx';
import { SpecPanel } from './spec-panel.tsx';

export function RunPage({ id }: { id: string }) {
  const [feed, setFeed] = useState<RunFeed | null>(null);
  useEffect(() => {
    const opened = new RunFeed(id);
    setFeed(opened);
    return () => opened.close();
  }, [id]);
  return feed ? <Watched feed={feed} /> : <div class="page" />;
}

function Watched({ feed }: { feed: RunFeed }) {
  /** The past step on screen; null is live. */
  const at = useSignal<number | null>(null);
  const pinned = useSignal<Spot | null>(null);
  const [zoom] = useState(newZoom);
  useSignalEffect(() => {
    void feed.curves.lookCloser(zoom.value);
  });
  const run = feed.run.value;
  const fault = feed.fault.value;
  useEffect(() => {
    document.title = run ? `${title(run)} · Relumine` : 'Relumine';
  }, [run && title(run)]);

  if (fault instanceof RelumineApiError && fault.status === 404) {
    return (
      <div class="page">
        <Empty title="Run not found">
          <p>It may have been deleted, or the address may be incomplete.</p>
          <a class="button" href="/">
            All runs
          </a>
        </Empty>
      </div>
    );
  }
  if (!run) return <div class="page">{fault !== null && <Fault of={fault} />}</div>;
  const look = (step: number | null) => {
    at.value = step;
    if (step !== null) feed.lookAt(step);
  };
  return (
    <div class="page">
      <RunHead
        run={run}
        isConnected={feed.isConnected.value}
        change={(changed) => {
          feed.run.value = changed;
        }}
      />
      <Origin run={run} />
      {run.error && (
        <div class="notice bad" role="alert">
          <b>{run.error.code}</b> {run.error.message}
        </div>
      )}
      <RunNumbers run={run} />
      <FieldPanel
        feed={feed}
        run={run}
        at={at.value}
        look={look}
        pinned={pinned.value}
        pin={(spot) => {
          pinned.value = spot;
        }}
      />
      {pinned.value && (
        <PinnedPanel
          feed={feed}
          spot={pinned.value}
          at={at.value}
          close={() => {
            pinned.value = null;
          }}
        />
      )}
      {feed.diagnosis.value && (
        <DiagnosisPanel
          run={run}
          diagnosis={feed.diagnosis.value}
          reload={() => void feed.reloadDiagnosis().catch(toastFault)}
        />
      )}
      <CurvesPanel feed={feed} run={run} at={at.value} zoom={zoom} />
      <ClassesPanel run={run} />
      <div class="two">
        <EventsPanel events={feed.events.value} look={look} />
        <SpecPanel run={run} />
      </div>
    </div>
  );
}

import { useEffect, useState } from 'preact/hooks';
import { RunScaleContext } from '../../charts/chart.tsx';
import { title } from '../../data/actions.ts';
import { isTeam } from '../../data/me.ts';
import { scaleOf } from '../../data/run-scale.ts';
import { RelumineApiError, shareToken } from '../../data/service.ts';
import { RunFeed } from '../../data/run-feed.ts';
import type { Spot } from '../../field/painter.ts';
import { Empty, Fault } from '../../parts/states.tsx';
import { toastFault } from '../../parts/toast.tsx';
import { lazily } from '../../parts/lazily.tsx';
import { ClassesPanel } from './classes-panel.tsx';
import { CurvesPanel } from './curves-panel.tsx';
import { DiagnosisPanel } from './diagnosis-panel.tsx';
import { EventsPanel } from './events-panel.tsx';
import { LostConnection } from '../../parts/lost-connection.tsx';
import { canPredict } from './can-predict.ts';
import { FieldPanel } from './field-panel.tsx';
import { Origin } from './origin.tsx';
import { PinnedPanel } from './pinned-panel.tsx';
import { RunHead } from './run-head.tsx';
import { runView, type NeuronName } from './run-view.ts';
import { RunNumbers } from './run-numbers.tsx';
import { SpecPanel } from './spec-panel.tsx';
import '../../styles/run.css';

const PredictPanel = lazily(() => import('./predict/predict-panel.tsx').then((file) => file.PredictPanel));
const RunComments = lazily(() => import('./comments/comments.tsx').then((file) => file.RunComments));
const Science = lazily(() => import('./science/science.tsx').then((file) => file.Science));

export function RunPage({ id }: { id: string }) {
  const [feed, setFeed] = useState<RunFeed | null>(null);
  useEffect(() => {
    const opened = new RunFeed(id);
    setFeed(opened);
    return () => opened.close();
  }, [id]);
  return feed ? <Watched feed={feed} /> : <div class="page" />;
}

const layersOf = (feed: RunFeed): readonly { name: string; units: number }[] =>
  feed.frames.latest?.header.layers ?? feed.neurons.value?.layers ?? [];

function Watched({ feed }: { feed: RunFeed }) {
  const view = runView.value;
  const run = feed.run.value;
  const fault = feed.fault.value;
  // The layers' names, and so the pinned neuron, come with the first picture.
  void feed.slowTick.value;
  useEffect(() => {
    if (view.at !== null) feed.lookAt(view.at);
  }, [feed, view.at]);
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
  // A step that the run has not reached is its newest one.
  const at = view.at !== null && view.at < feed.lastStep ? view.at : null;
  const pinned = spotOf(view.neuron, layersOf(feed));
  const look = (step: number | null) => {
    // Leaving the present can be undone with the browser's back button; moving about in the past is one entry.
    runView.set({ at: step }, { replace: step !== null && view.at !== null });
  };
  const pin = (spot: Spot | null) => {
    // Of this moment: the picture may show layers that this page does not know yet.
    const layer = spot && layersOf(feed)[spot.layer];
    runView.set({ neuron: spot && layer ? { layer: layer.name, index: spot.index } : null });
  };
  return (
    <RunScaleContext.Provider value={scaleOf(feed, run)}>
      <div class="page">
        <RunHead
          run={run}
          isConnected={feed.link.isConnected.value}
          isAvailable={feed.link.isAvailable.value}
          change={(changed) => {
            feed.run.value = changed;
          }}
        />
        <LostConnection lost={feed.link.lost.value} reconnect={() => feed.reconnect()} />
        <Origin run={run} />
        {run.error && (
          <div class="notice bad" role="alert">
            <b>{run.error.code}</b> {run.error.message}
          </div>
        )}
        <RunNumbers run={run} />
        <FieldPanel feed={feed} run={run} at={at} look={look} pinned={pinned} pin={pin} />
        {pinned && <PinnedPanel feed={feed} run={run} spot={pinned} at={at} close={() => pin(null)} />}
        {feed.diagnosis.value && (
          <DiagnosisPanel
            run={run}
            diagnosis={feed.diagnosis.value}
            reload={() => void feed.reloadDiagnosis().catch(toastFault)}
          />
        )}
        <CurvesPanel feed={feed} run={run} at={at} />
        <ClassesPanel run={run} />
        {canPredict(run) && shareToken === null && <PredictPanel run={run} />}
        <div class="science">
          <Science feed={feed} run={run} at={at} look={look} />
        </div>
        <div class="two">
          <EventsPanel events={feed.events.value} look={look} />
          <SpecPanel run={run} />
        </div>
        {isTeam.value && <RunComments run={run} />}
      </div>
    </RunScaleContext.Provider>
  );
}

function spotOf(name: NeuronName | null, layers: readonly { name: string; units: number }[]): Spot | null {
  const layer = layers.findIndex((one) => one.name === name?.layer);
  return name && name.index < (layers[layer]?.units ?? 0) ? { layer, index: name.index } : null;
}

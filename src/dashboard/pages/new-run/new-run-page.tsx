import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { RelumineApiError, service } from '../../data/service.ts';
import { toastFault } from '../../parts/toast.tsx';
import { address, navigate } from '../../router.ts';
import { ADVICE_LABELS, isObject, mergePatch, type JobSpec, type Run } from '../../../vocabulary/index.ts';
import { draft } from './draft.ts';
import type { Draft } from './fill-in.ts';
import { JobForm } from './job-form.tsx';
import { JobJson } from './job-json.tsx';
import { ParentNote } from './parent-note.tsx';
import { PRESETS } from './presets.ts';
import { applyRemedy, REMEDIES, type RemedyCode } from './remedies.ts';
import { RiskNote } from './risk-note.tsx';
import { followDraft, refused, verdict } from './validation.ts';
import '../../styles/new-run.css';

export function NewRunPage() {
  /** The job of the chosen preset, or of the run to repeat. */
  const base = useSignal<Draft | null>(null);
  const remedy = useSignal<RemedyCode | null>(null);
  /** The run that the job was taken from. */
  const parent = useSignal<Run | null>(null);
  const isBusy = useSignal(false);
  /** A remedy that does not apply to the new job is dropped. */
  const start = (job: Draft, wanted: RemedyCode | null) => {
    const remedied = wanted && applyRemedy(job, wanted);
    base.value = job;
    remedy.value = remedied ? wanted : null;
    draft.value = remedied ?? job;
  };

  useEffect(() => {
    document.title = 'New run · Relumine';
    const { query, fragment } = address.value;
    const from = query.get('from');
    const closed = new AbortController();
    /** Until there is a job, nothing is checked: not the draft of an earlier visit either. */
    const begin = (job: Draft) => {
      if (closed.signal.aborted) return;
      start(job, null);
      closed.signal.addEventListener('abort', followDraft(), { once: true });
    };
    if (from === null) begin(PRESETS[0].job);
    else
      void service.get(from).then(
        (run) => {
          parent.value = run;
          begin({ ...(mergePatch(run.spec, readPatch(fragment)) as JobSpec), parentId: run.id });
        },
        (fault: unknown) => {
          toastFault(fault);
          begin(PRESETS[0].job);
        },
      );
    return () => closed.abort();
  }, []);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    isBusy.value = true;
    try {
      navigate(`/runs/${(await service.submit(draft.value)).id}`);
    } catch (fault) {
      if (fault instanceof RelumineApiError && fault.status === 400) verdict.value = refused(fault);
      toastFault(fault);
    } finally {
      isBusy.value = false;
    }
  };

  return (
    <form class="page" onSubmit={(event) => void submit(event)} noValidate>
      <div class="page-head">
        <div>
          <h1>New run</h1>
        </div>
        <button class="button primary" disabled={isBusy.value || verdict.value.state === 'invalid'}>
          Start training
        </button>
      </div>
      <div class="presets" role="radiogroup" aria-label="Start from">
        {PRESETS.map((one) => (
          <button
            key={one.id}
            type="button"
            role="radio"
            aria-checked={base.value === one.job}
            class="preset"
            onClick={() => start(one.job, remedy.value)}
          >
            <PresetDrawing layers={one.job.model.layers.map((layer) => ('units' in layer ? layer.units : 0))} />
            <b>{one.title}</b>
            <span>{one.text}</span>
          </button>
        ))}
      </div>
      <div class="remedy-row" role="radiogroup" aria-label="Remedy">
        {[null, ...REMEDIES].map((one) => {
          const job = base.value;
          const applies = job !== null && (one === null || applyRemedy(job, one) !== null);
          return (
            <button
              key={one ?? 'none'}
              type="button"
              role="radio"
              aria-checked={job !== null && remedy.value === one}
              class="chip"
              disabled={!applies}
              title={applies ? undefined : 'Does not apply to this job'}
              onClick={() => job && start(job, one)}
            >
              {one === null ? 'No remedy' : ADVICE_LABELS[one]}
            </button>
          );
        })}
      </div>
      <div class="new-run">
        <div class="form">
          <JobForm />
        </div>
        <aside class="beside">
          {parent.value && <ParentNote parent={parent.value} />}
          <RiskNote />
          <JobJson />
        </aside>
      </div>
    </form>
  );
}

/** The patch in the address; no patch if it cannot be read. */
function readPatch(fragment: string): object {
  try {
    const patch: unknown = JSON.parse(decodeURIComponent(fragment));
    return isObject(patch) ? patch : {};
  } catch {
    return {};
  }
}

const MOST_DOTS = 6;

/** The network's outline: a column of lamps for every layer. */
function PresetDrawing({ layers }: { layers: number[] }) {
  const lamp = 7,
    gap = 3,
    width = layers.length * (lamp + gap),
    height = MOST_DOTS * (lamp + gap);
  return (
    <svg class="outline" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {layers.map((units, x) => {
        const shown = Math.max(2, Math.min(MOST_DOTS, Math.round(units / 8) || units));
        const top = ((MOST_DOTS - shown) * (lamp + gap)) / 2;
        return Array.from({ length: shown }, (_, y) => (
          <rect
            key={`${x} ${y}`}
            x={x * (lamp + gap)}
            y={top + y * (lamp + gap)}
            width={lamp}
            height={lamp}
            rx={2}
            class={(x * 7 + y * 3) % 4 === 0 ? 'lit' : ''}
          />
        ));
      })}
    </svg>
  );
}

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { RelumineApiError, service } from '../../data/service.ts';
import { ago } from '../../parts/format.ts';
import { toastFault } from '../../parts/toast.tsx';
import { address, navigate } from '../../router.ts';
import { isObject, mergePatch, type JobSpec, type Run } from '../../../vocabulary/index.ts';
import { draft } from './draft.ts';
import type { Draft } from './fill-in.ts';
import { JobForm } from './job-form.tsx';
import { JobJson, JsonNote } from './job-json.tsx';
import { discardText, jsonFault } from './job-text.ts';
import {
  forgetDraft,
  keepDraft,
  keptDraft,
  PLAIN_FORM,
  takeUp,
  type DraftKeeper,
  type KeptDraft,
} from './kept-draft.ts';
import { ParentNote } from './parent-note.tsx';
import { ProjectField, projectOf } from './project-field.tsx';
import { PresetRow, RemedyRow } from './preset-row.tsx';
import { plainJob, PRESETS } from './presets.ts';
import { applyRemedy, type RemedyCode } from './remedies.ts';
import { RiskNote } from './risk-note.tsx';
import { followDraft, isStale, judge, refused, verdict } from './validation.ts';
import '../../styles/new-run.css';

export function NewRunPage() {
  const { query, fragment } = address.value;
  const from = query.get('from'),
    dataset = query.get('dataset');
  return <JobPage key={`${from} ${dataset} ${fragment}`} from={from} dataset={dataset} patch={fragment} />;
}

type Beginning =
  | { state: 'loading' }
  /** `kept` is a draft of an earlier visit, and whether it is what the form shows. */
  | { state: 'begun'; kept: KeptDraft | null; isTakenUp: boolean; missing: string | null };

/** The form for one beginning: a preset, a plain job on a data set, or the job of the run `from` after a merge patch. */
function JobPage({ from, dataset, patch }: { from: string | null; dataset: string | null; patch: string }) {
  /** The job without its remedy, as it was before the user changed it. */
  const base = useSignal<Draft | null>(null);
  const remedy = useSignal<RemedyCode | null>(null);
  /** The job with its remedy. Where the draft differs, the user has changed it. */
  const started = useSignal<Draft | null>(null);
  /** The run that the job was taken from. */
  const parent = useSignal<Run | null>(null);
  const beginning = useSignal<Beginning>({ state: 'loading' });
  const isBusy = useSignal(false);
  const keeper = useRef<DraftKeeper | null>(null);
  const place = placeOf(from, dataset, patch);
  /** A remedy that does not apply to the new job is dropped. */
  const start = (job: Draft, wanted: RemedyCode | null) => {
    const remedied = wanted && applyRemedy(job, wanted);
    discardText();
    base.value = job;
    remedy.value = remedied ? wanted : null;
    draft.value = started.value = remedied ?? job;
  };

  useEffect(() => {
    document.title = 'New run · Relumine';
    const closed = new AbortController();
    /** Until there is a job, nothing is checked: not the draft of an earlier visit either. */
    const begin = (job: Draft, missing: string | null = null) => {
      if (closed.signal.aborted) return;
      start(job, null);
      const kept = keptDraft(place);
      // The job of a run, or of a data set, was asked for: it comes first, and the draft is offered.
      const isTakenUp = kept !== null && place === PLAIN_FORM;
      keeper.current = keepDraft(place, job);
      if (isTakenUp) takeUp(kept);
      beginning.value = { state: 'begun', kept, isTakenUp, missing };
      const stop = followDraft();
      closed.signal.addEventListener('abort', () => (keeper.current?.end(), stop()), { once: true });
    };
    const beginElsewhere = (fault: unknown) =>
      begin(PRESETS[0].job, fault instanceof Error ? fault.message : String(fault));
    if (from !== null)
      void service.get(from).then((run) => {
        parent.value = run;
        begin({ ...(mergePatch(run.spec, readPatch(patch)) as JobSpec), parentId: run.id });
      }, beginElsewhere);
    else if (dataset !== null) void service.dataset(dataset).then((info) => begin(plainJob(info)), beginElsewhere);
    else begin(PRESETS[0].job);
    return () => closed.abort();
  }, []);

  const now = beginning.value;
  const fault = jsonFault.value;
  const isOff =
    isBusy.value || now.state === 'loading' || fault !== null || (verdict.value.state === 'invalid' && !isStale.value);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (isOff) return;
    isBusy.value = true;
    try {
      const { id } = await service.submit(placed(draft.value, projectOf(parent.value)));
      keeper.current?.done();
      navigate(`/runs/${id}`);
    } catch (error) {
      if (error instanceof RelumineApiError && error.status === 400) judge(refused(error));
      toastFault(error);
    } finally {
      isBusy.value = false;
    }
  };
  const isEdited = draft.value !== started.value;

  return (
    <form class="page" onSubmit={(event) => void submit(event)} noValidate>
      <div class="page-head">
        <div>
          <h1>New run</h1>
        </div>
        <ProjectField parent={parent.value} />
        <button class="button primary" disabled={isOff} aria-describedby={fault ? 'json-note' : undefined}>
          Start training
        </button>
      </div>
      {fault && <JsonNote fault={fault} />}
      {now.state === 'loading' && (
        <div class="notice">{from === null ? 'Fetching the data set…' : 'Fetching the job of the run…'}</div>
      )}
      {now.state === 'begun' && (
        <>
          {now.missing !== null && (
            <div class="notice bad" role="alert">
              {now.missing} The form shows another job.
            </div>
          )}
          {now.kept && (
            <KeptNote
              {...now}
              kept={now.kept}
              takeUp={(kept) => {
                takeUp(kept);
                beginning.value = { ...now, isTakenUp: true };
              }}
              discard={() => {
                if (now.isTakenUp && base.value) start(base.value, null);
                forgetDraft(place);
                beginning.value = { ...now, kept: null };
              }}
            />
          )}
          <PresetRow chosen={base.value} choose={(job) => start(job, remedy.value)} />
          <RemedyRow
            job={fault ? null : isEdited ? draft.value : base.value}
            chosen={isEdited ? null : remedy.value}
            choose={(code) => start(isEdited || !base.value ? draft.value : base.value, code)}
          />
          <div class="new-run">
            {/* While the JSON is no job, the form would change an older one. */}
            <fieldset class="form" disabled={fault !== null}>
              <JobForm />
            </fieldset>
            <aside class="beside">
              {parent.value && <ParentNote parent={parent.value} />}
              <RiskNote />
              <JobJson />
            </aside>
          </div>
        </>
      )}
    </form>
  );
}

interface KeptNoteProps {
  kept: KeptDraft;
  isTakenUp: boolean;
  takeUp: (kept: KeptDraft) => void;
  discard: () => void;
}

/** What became of the draft of an earlier visit. */
const KeptNote = ({ kept, isTakenUp, takeUp, discard }: KeptNoteProps) => (
  <div class="notice kept-note" role="status">
    <div class="row">
      <span>
        {isTakenUp ? 'This is your draft' : 'You have changed this job before'}, kept{' '}
        <time dateTime={kept.at}>{ago(kept.at)}</time>.
      </span>
      {!isTakenUp && (
        <button type="button" class="button small" onClick={() => takeUp(kept)}>
          Go on with the draft
        </button>
      )}
      <button type="button" class="button small" onClick={discard}>
        Discard draft
      </button>
    </div>
  </div>
);

const placeOf = (from: string | null, dataset: string | null, patch: string): string =>
  from !== null ? `/new?from=${from}#${patch}` : dataset !== null ? `/new?dataset=${dataset}` : PLAIN_FORM;

/** A job without a project goes where the service puts it, as on a laptop. */
const placed = (job: Draft, project: string | undefined): Draft => (project === undefined ? job : { ...job, project });

/** The patch in the address; no patch if it cannot be read. */
function readPatch(fragment: string): object {
  try {
    const patch: unknown = JSON.parse(decodeURIComponent(fragment));
    return isObject(patch) ? patch : {};
  } catch {
    return {};
  }
}

import type { CheckpointChoice, Run, RunStatus } from '../../../vocabulary/index.ts';
import { act, canDo, remove, title, type Verb } from '../../data/actions.ts';
import { isTeam, makingProjects, mayIn, projectName } from '../../data/me.ts';
import { hasProjects } from '../../data/project.ts';
import { modelUrl, shareToken } from '../../data/service.ts';
import { isFinal, vocabulary } from '../../data/vocabulary.ts';
import { ago, whole } from '../../parts/format.ts';
import { EditRun } from '../../parts/edit-run.tsx';
import { Icon } from '../../parts/icons.tsx';
import { MODEL_FORMAT_LABELS } from '../../parts/labels.ts';
import { ShareButton } from '../../parts/share-button.tsx';
import { Status } from '../../parts/status.tsx';
import { ViewsMenu } from '../../parts/views-menu.tsx';
import { navigate } from '../../router.ts';

interface Props {
  run: Run;
  isConnected: boolean;
  /** Whether the service can read what is new. */
  isAvailable: boolean;
  change: (run: Run) => void;
}

/** A view of charts is of use for every run; a step and a neuron are not. */
const OF_THIS_RUN = ['step', 'neuron'];

export function RunHead({ run, isConnected, isAvailable, change }: Props) {
  const order = (verb: Verb) =>
    void act(run, verb).then((changed) => {
      if (changed) change(changed);
    });
  const mayChange = mayIn(run.project, 'member');
  return (
    <div class="page-head run-head">
      <div>
        <h1 dir="auto">{title(run)}</h1>
        <div class="row facts">
          <Status of={run.status} />
          {run.status === 'queued' && run.queuePosition !== null && (
            <span class="quiet num">
              {run.queuePosition === 0 ? 'next in the queue' : `${whole(run.queuePosition)} ahead in the queue`}
            </span>
          )}
          {!isFinal(run.status) && (
            <span class={`link-state ${isConnected && isAvailable ? 'open' : ''}`} role="status">
              {!isConnected ? 'connecting' : isAvailable ? 'live' : 'waiting for the database'}
            </span>
          )}
          <time class="faint" dateTime={run.createdAt} title={run.createdAt}>
            created {ago(run.createdAt)}
            {run.createdBy && (
              <>
                {' by '}
                <bdi>{run.createdBy.name}</bdi>
              </>
            )}
          </time>
          {hasProjects.value && (
            <a class="tag" dir="auto" href={`/?project=${encodeURIComponent(run.project)}`}>
              {projectName(run.project)}
            </a>
          )}
          {run.experiment && (
            <a class="tag" dir="auto" href={`/?experiment=${encodeURIComponent(run.experiment)}`}>
              {run.experiment}
            </a>
          )}
          {run.tags.map((tag) => (
            <a key={tag} class="tag" dir="auto" href={`/?tag=${encodeURIComponent(tag)}`}>
              {tag}
            </a>
          ))}
        </div>
      </div>
      <div class="row">
        {mayChange && canDo(run.status, 'pause') && (
          <button type="button" class="button" onClick={() => order('pause')}>
            <Icon name="pause" />
            Pause
          </button>
        )}
        {mayChange && canDo(run.status, 'resume') && (
          <button type="button" class="button primary" onClick={() => order('resume')}>
            <Icon name="play" />
            Resume
          </button>
        )}
        {mayChange && canDo(run.status, 'cancel') && (
          <button type="button" class="button" onClick={() => order('cancel')}>
            <Icon name="stop" />
            Cancel
          </button>
        )}
        <ViewsMenu page="run" own={OF_THIS_RUN} project={isTeam.value ? run.project : undefined} />
        {mayChange && isTeam.value && <ShareButton kinds={['run', 'trials']} runs={[run.id]} />}
        {mayChange && <EditRun run={run} words="Edit" change={change} />}
        {shareToken === null && <ModelDownload run={run} />}
        {shareToken === null && makingProjects.value?.length !== 0 && (
          <a class="button" href={`/new?from=${run.id}`}>
            <Icon name="repeat" />
            Repeat
          </a>
        )}
        {mayChange && canDo(run.status, 'delete') && (
          <button
            type="button"
            class="button danger icon"
            aria-label="Delete this run"
            onClick={() =>
              void remove(run).then((gone) => {
                if (gone) navigate('/');
              })
            }
          >
            <Icon name="trash" />
          </button>
        )}
      </div>
    </div>
  );
}

/** The trained model with its newest weights, and with those of the best epoch. */
function ModelDownload({ run }: { run: Run }) {
  const { summary, progress } = run;
  const choices: { checkpoint: CheckpointChoice; title: string }[] = [
    ...(HAS_FINAL_WEIGHTS[run.status] && progress.step > 0
      ? [{ checkpoint: 'final' as const, title: `Final weights, step ${whole(progress.step)}` }]
      : []),
    ...(isFinal(run.status) && summary.bestStep !== undefined
      ? [{ checkpoint: 'best' as const, title: `Best weights, step ${whole(summary.bestStep)}` }]
      : []),
  ];
  if (choices.length === 0) return null;
  return (
    <details class="menu">
      <summary class="button">
        <Icon name="download" />
        Model
      </summary>
      <div class="menu-list">
        {choices.map(({ checkpoint, title: heading }) => (
          <div key={checkpoint} role="group" aria-label={heading}>
            <span class="faint num">{heading}</span>
            {vocabulary.modelFormats.map((format) => (
              <a key={format} href={modelUrl(run.id, format, checkpoint)} download>
                {MODEL_FORMAT_LABELS[format]}
              </a>
            ))}
          </div>
        ))}
      </div>
    </details>
  );
}

/** A run that failed may have stored weights of an earlier step; only its best ones are worth a download. */
const HAS_FINAL_WEIGHTS: Record<RunStatus, boolean> = {
  queued: false,
  running: false,
  paused: false,
  succeeded: true,
  failed: false,
  cancelled: true,
};

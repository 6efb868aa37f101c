import type { Run } from '../../../vocabulary/index.ts';
import { act, canDo, remove, title, type Verb } from '../../data/actions.ts';
import { modelUrl } from '../../data/service.ts';
import { isFinal, vocabulary } from '../../data/vocabulary.ts';
import { ago, whole } from '../../parts/format.ts';
import { Icon } from '../../parts/icons.tsx';
import { MODEL_FORMAT_LABELS } from '../../parts/labels.ts';
import { Status } from '../../parts/status.tsx';
import { navigate } from '../../router.ts';

interface Props {
  run: Run;
  isConnected: boolean;
  change: (run: Run) => void;
}

export function RunHead({ run, isConnected, change }: Props) {
  const order = (verb: Verb) =>
    void act(run, verb).then((changed) => {
      if (changed) change(changed);
    });
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
            <span class={`link-state ${isConnected ? 'open' : ''}`} role="status">
              {isConnected ? 'live' : 'connecting'}
            </span>
          )}
          <time class="faint" dateTime={run.createdAt} title={run.createdAt}>
            created {ago(run.createdAt)}
          </time>
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
        {canDo(run.status, 'pause') && (
          <button type="button" class="button" onClick={() => order('pause')}>
            <Icon name="pause" />
            Pause
          </button>
        )}
        {canDo(run.status, 'resume') && (
          <button type="button" class="button primary" onClick={() => order('resume')}>
            <Icon name="play" />
            Resume
          </button>
        )}
        {canDo(run.status, 'cancel') && (
          <button type="button" class="button" onClick={() => order('cancel')}>
            <Icon name="stop" />
            Cancel
          </button>
        )}
        {run.status === 'succeeded' && <ModelDownload id={run.id} />}
        <a class="button" href={`/new?from=${run.id}`}>
          <Icon name="repeat" />
          Repeat
        </a>
        {canDo(run.status, 'delete') && (
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

const ModelDownload = ({ id }: { id: string }) => (
  <details class="menu">
    <summary class="button">
      <Icon name="download" />
      Model
    </summary>
    <div class="menu-list">
      {vocabulary.modelFormats.map((format) => (
        <a key={format} href={modelUrl(id, format)} download>
          {MODEL_FORMAT_LABELS[format]}
        </a>
      ))}
    </div>
  </details>
);

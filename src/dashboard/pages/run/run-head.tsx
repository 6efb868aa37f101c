import type { Run } from '../../../schemas/index.ts';
import { act, canDo, remove, title, type Verb } from '../../data/actions.ts';
import { modelUrl } from '../../data/service.ts';
import { isFinal } from '../../data/vocabulary.ts';
import { ago, whole } from '../../parts/format.ts';
import { Icon } from '../../parts/icons.tsx';
import { Status } from '../../parts/status.tsx';
import { navigate } from '../../router.ts';

interface Props {
  run: Run;
  isConnected: boolean;
  change: (run: Run) => void;
}

export function RunHead({ run, isConnected, change }: Props) {
  const can = canDo(run.status);
  const order = (verb: Verb) =>
    void act(run, verb).then((changed) => {
      if (changed) change(changed);
    });
  return (
    <div class="page-head run-head">
      <div>
        <h1>{title(run)}</h1>
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
          <span class="faint">{ago(run.createdAt)}</span>
          {run.experiment && (
            <a class="tag" href={`/?experiment=${encodeURIComponent(run.experiment)}`}>
              {run.experiment}
            </a>
          )}
          {run.tags.map((tag) => (
            <a key={tag} class="tag" href={`/?tag=${encodeURIComponent(tag)}`}>
              {tag}
            </a>
          ))}
        </div>
      </div>
      <div class="row">
        {can.pause && (
          <button type="button" class="button" onClick={() => order('pause')}>
            <Icon name="pause" />
            Pause
          </button>
        )}
        {can.resume && (
          <button type="button" class="button primary" onClick={() => order('resume')}>
            <Icon name="play" />
            Resume
          </button>
        )}
        {can.cancel && (
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
        {can.delete && (
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

const FORMATS = [
  ['json', 'Weights as JSON'],
  ['tfjs', 'TensorFlow.js'],
  ['onnx', 'ONNX'],
] as const;

const ModelDownload = ({ id }: { id: string }) => (
  <details class="menu">
    <summary class="button">
      <Icon name="download" />
      Model
    </summary>
    <div class="menu-list">
      {FORMATS.map(([format, label]) => (
        <a key={format} href={modelUrl(id, format)} download>
          {label}
        </a>
      ))}
    </div>
  </details>
);

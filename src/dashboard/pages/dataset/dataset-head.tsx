import type { DatasetInfo } from '../../../vocabulary/index.ts';
import { newRunPath, runsPath, titleOf } from '../../data/dataset-links.ts';
import { makingProjects, mayIn, me, projectName } from '../../data/me.ts';
import { hasProjects } from '../../data/project.ts';
import { removeDataset } from '../../data/dataset-actions.ts';
import { ago, count, whole } from '../../parts/format.ts';
import { copy } from '../../parts/copy.ts';
import { Icon } from '../../parts/icons.tsx';
import { DATASET_KIND_LABELS, TASK_LABELS } from '../../parts/labels.ts';
import { MoveDataset } from './move-dataset.tsx';
import { navigate } from '../../router.ts';
import { describeReading, notesIn } from '../../uploads/reading-fields.ts';

interface Props {
  info: DatasetInfo;
  /** All of them, newest first; empty for a data set that has none. */
  versions: readonly DatasetInfo[];
  reading: Record<string, unknown> | null;
  /** It was moved. */
  change: () => void;
}

export function DatasetHead({ info, versions, reading, change }: Props) {
  const { id, version, hash, description } = info;
  const mayChange = mayChangeDataset(info);
  return (
    <>
      <div class="page-head">
        <div>
          <h1 dir="auto">{titleOf(info)}</h1>
          <div class="row facts">
            <span class="tag">{DATASET_KIND_LABELS[info.kind]}</span>
            {version !== undefined && <span class="num">version {version}</span>}
            {hash !== undefined && (
              <button
                type="button"
                class="tag mono"
                title="Copy the hash of the content and of how it is prepared"
                onClick={() => void copy(hash, 'Hash copied')}
              >
                {hash.slice(0, SHOWN_HASH)}…
              </button>
            )}
            {info.createdAt && (
              <time class="faint" dateTime={info.createdAt} title={info.createdAt}>
                made {ago(info.createdAt)}
                {info.createdBy && (
                  <>
                    {' by '}
                    <bdi>{info.createdBy.name}</bdi>
                  </>
                )}
              </time>
            )}
            {hasProjects.value && info.project && (
              <a class="tag" dir="auto" href={`/datasets?project=${encodeURIComponent(info.project)}`}>
                {projectName(info.project)}
              </a>
            )}
            <a class="text" href={runsPath(info)}>
              {info.runs === undefined ? 'Runs that use it' : `${count(info.runs, 'run')} used it`}
            </a>
          </div>
          {info.kind !== 'uploaded' && description && <p class="quiet">{description}</p>}
        </div>
        <div class="row">
          {info.available !== false && makingProjects.value?.length !== 0 && (
            <a class="button primary" href={newRunPath(info)}>
              New run with this data set
            </a>
          )}
          {id !== undefined && mayChange && <MoveDataset info={info} change={change} />}
          {id !== undefined && mayChange && (
            <button
              type="button"
              class="button danger icon"
              aria-label="Delete this data set"
              onClick={() =>
                void removeDataset(info).then((isGone) => {
                  if (isGone) navigate('/datasets');
                })
              }
            >
              <Icon name="trash" />
            </button>
          )}
        </div>
      </div>
      {info.available === false && (
        <div class="notice ember" role="status">
          Not available: {info.reason}
        </div>
      )}
      {version !== undefined && versions.length > 1 && <Versions shown={version} versions={versions} />}
      <dl class="figures">
        <Figure label="Task" value={TASK_LABELS[info.task]} />
        <Figure label="Samples" value={whole(info.samples)} />
        <Figure label="Features" value={whole(info.features)} under="inputs of the network" />
        <Figure label={info.task === 'regression' ? 'Targets' : 'Classes'} value={whole(info.outputs)} />
        {info.trainingSamples !== undefined && (
          <Figure
            label="Training, validation, test"
            value={`${whole(info.trainingSamples)}, ${whole(info.validationSamples ?? 0)}, ${whole(info.testSamples ?? 0)}`}
            under="samples, fixed by the split"
          />
        )}
      </dl>
      {reading && <Reading reading={reading} />}
    </>
  );
}
/** What is read from files of the machine belongs to no project; owners look after it. */
export const mayChangeDataset = ({ project }: DatasetInfo): boolean =>
  project ? mayIn(project, 'member') : me.value === null || me.value.isOwner;

/** `sha256:` and enough of the digits to tell two apart. */
const SHOWN_HASH = 7 + 12;

function Figure({ label, value, under }: { label: string; value: string; under?: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{value}</dd>
      {under && <dd class="under faint">{under}</dd>}
    </div>
  );
}

function Versions({ shown, versions }: { shown: number; versions: readonly DatasetInfo[] }) {
  const newest = versions[0]?.version;
  return (
    <nav class="row versions" aria-label="Versions">
      <span class="quiet">Versions</span>
      {versions.map(({ version, runs = 0 }) => (
        <a
          key={version}
          class="tag num"
          href={version === newest ? location.pathname : `?version=${version}`}
          aria-current={version === shown ? 'page' : undefined}
          title={`${count(runs, 'run')} saw it`}
        >
          {version}
          {version === newest && ', newest'}
        </a>
      ))}
      {shown !== newest && <span class="quiet">An older version cannot be changed: runs have seen it as it is.</span>}
    </nav>
  );
}

/** How the file was read, for whoever wonders about a value. */
function Reading({ reading }: { reading: Record<string, unknown> }) {
  const lines = describeReading(reading);
  const notes = notesIn(reading);
  return (
    <details class="disclosure">
      <summary>How it was read{notes.length > 0 && `, with ${count(notes.length, 'note')}`}</summary>
      <div>
        <dl class="evidence">
          {lines.map(({ label, value }) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        {notes.map((note) => (
          <p key={note}>{note}</p>
        ))}
      </div>
    </details>
  );
}

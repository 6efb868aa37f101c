import { shareDone, trainingLossOf, type Run } from '../../../vocabulary/index.ts';
import { LossSparkline } from '../../charts/sparkline.tsx';
import { act, canDo, remove, title } from '../../data/actions.ts';
import { drop, filter, put, setFilter } from '../../data/run-list.ts';
import { ago, count, number, percent, whole } from '../../parts/format.ts';
import { Icon } from '../../parts/icons.tsx';
import { Meter } from '../../parts/meter.tsx';
import { Score } from '../../parts/score.tsx';
import { DeadCount, Status } from '../../parts/status.tsx';

interface Column {
  label: string;
  /** The class of its cells, for columns with their own style rules. */
  kind?: string;
  /** In small letters under the label: which samples the figure is measured on, or what it counts. */
  of?: string;
  /** For screen readers, where the column has no visible label. */
  hidden?: string;
  orderBy?: string;
  width: string;
  end?: boolean;
}
const COLUMNS: Column[] = [
  { label: 'Run', width: 'auto' },
  { label: 'Status', width: '112px' },
  { label: 'Progress', width: '152px' },
  { label: '', kind: 'spark', hidden: 'Loss curve', width: '142px' },
  { label: 'Loss', of: 'training', orderBy: 'epochLoss', width: '92px' },
  { label: 'Score', of: 'accuracy or R²', orderBy: 'valAccuracy', width: '132px', end: true },
  { label: 'Active', of: 'of neurons', orderBy: 'activeFraction', width: '86px', end: true },
  { label: 'Dead', of: 'or silent', orderBy: 'deadNeurons', width: '80px', end: true },
  { label: 'Created', kind: 'age', orderBy: 'createdAt', width: '104px', end: true },
  { label: '', hidden: 'Actions', width: '76px' },
];

export function RunTable({
  runs,
  picked,
  pick,
}: {
  runs: Run[];
  picked: ReadonlySet<string>;
  pick: (id: string) => void;
}) {
  return (
    <div class="table-scroll">
      <table class="runs">
        <caption class="sr">Training runs</caption>
        <colgroup>
          <col style={{ width: '40px' }} />
          {COLUMNS.map((column, i) => (
            <col key={i} class={column.kind} style={{ width: column.width }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            <th scope="col">
              <span class="sr">Select</span>
            </th>
            {COLUMNS.map((column, i) => (
              <Head key={i} column={column} />
            ))}
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <Row key={run.id} run={run} isPicked={picked.has(run.id)} pick={pick} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Head({ column: { label, kind = '', of, hidden, orderBy, end } }: { column: Column }) {
  if (!orderBy)
    return (
      <th scope="col" class={`${kind} ${end ? 'end' : ''}`}>
        {label || <span class="sr">{hidden}</span>}
      </th>
    );
  const now = filter.value.orderBy ?? '-createdAt';
  const sorted = now === orderBy ? 'ascending' : now === `-${orderBy}` ? 'descending' : 'none';
  return (
    <th scope="col" class={`${kind} ${end ? 'end' : ''}`} aria-sort={sorted}>
      <button type="button" onClick={() => setFilter({ orderBy: sorted === 'descending' ? orderBy : `-${orderBy}` })}>
        <span>{label}</span>
        {of && <span class="split">{of}</span>}
      </button>
    </th>
  );
}

function Row({ run, isPicked, pick }: { run: Run; isPicked: boolean; pick: (id: string) => void }) {
  const { progress, summary } = run;
  return (
    <tr aria-selected={isPicked}>
      <td class="pick">
        <input type="checkbox" checked={isPicked} onChange={() => pick(run.id)} aria-label={`Select ${title(run)}`} />
      </td>
      <td class="what">
        <a class="name" dir="auto" href={`/runs/${run.id}`}>
          {title(run)}
        </a>
        <div class="under">
          {run.experiment && (
            <button type="button" class="tag" dir="auto" onClick={() => setFilter({ experiment: run.experiment })}>
              {run.experiment}
            </button>
          )}
          {run.tags.map((tag) => (
            <button key={tag} type="button" class="tag" dir="auto" onClick={() => setFilter({ tag })}>
              {tag}
            </button>
          ))}
        </div>
      </td>
      <td class="state">
        <Status of={run.status} />
      </td>
      <td class="how-far">
        <div class="progress num">
          <span>
            {run.status === 'queued' && run.queuePosition !== null
              ? run.queuePosition === 0
                ? 'next'
                : `${whole(run.queuePosition)} ahead`
              : `${whole(progress.epoch)} of ${count(progress.epochs, 'epoch')}`}
          </span>
          <Meter share={shareDone(run)} />
        </div>
      </td>
      <td class="spark">
        <LossSparkline run={run} />
      </td>
      <td class="loss">{number(trainingLossOf(summary))}</td>
      <td class="score end">
        <Score run={run} />
      </td>
      <td class="share end">{percent(summary.activeFraction)}</td>
      <td class="dead end">
        <DeadCount count={summary.deadNeurons} />
      </td>
      <td class="age end faint">
        <time dateTime={run.createdAt} title={run.createdAt}>
          {ago(run.createdAt)}
        </time>
      </td>
      <td class="do">
        <Actions run={run} />
      </td>
    </tr>
  );
}

function Actions({ run }: { run: Run }) {
  const order = (verb: 'pause' | 'resume' | 'cancel') =>
    void act(run, verb).then((changed) => {
      if (changed) put(changed);
    });
  return (
    <div class="actions">
      {canDo(run.status, 'pause') && (
        <button
          type="button"
          class="button plain icon small"
          aria-label={`Pause ${title(run)}`}
          onClick={() => order('pause')}
        >
          <Icon name="pause" />
        </button>
      )}
      {canDo(run.status, 'resume') && (
        <button
          type="button"
          class="button plain icon small"
          aria-label={`Resume ${title(run)}`}
          onClick={() => order('resume')}
        >
          <Icon name="play" />
        </button>
      )}
      {canDo(run.status, 'cancel') && (
        <button
          type="button"
          class="button plain icon small"
          aria-label={`Cancel ${title(run)}`}
          onClick={() => order('cancel')}
        >
          <Icon name="stop" />
        </button>
      )}
      {canDo(run.status, 'delete') && (
        <button
          type="button"
          class="button plain icon small"
          aria-label={`Delete ${title(run)}`}
          onClick={() =>
            void remove(run).then((gone) => {
              if (gone) drop(run.id);
            })
          }
        >
          <Icon name="trash" />
        </button>
      )}
    </div>
  );
}

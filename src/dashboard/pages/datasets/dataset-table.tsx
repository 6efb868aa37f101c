import type { ListedDataset } from '../../../vocabulary/index.ts';
import { datasetPath, isRead, keyOf, newRunPath, runsPath, titleOf } from '../../data/dataset-links.ts';
import { makingProjects } from '../../data/me.ts';
import { ago, whole } from '../../parts/format.ts';
import { DATASET_KIND_LABELS, TASK_LABELS } from '../../parts/labels.ts';

export function DatasetTable({ datasets }: { datasets: readonly ListedDataset[] }) {
  if (datasets.length === 0) return <p class="quiet">No data set matches this search.</p>;
  return (
    <div class="panel table-scroll">
      <table class="datasets">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Task</th>
            {['Samples', 'Features', 'Outputs', 'Version', 'Runs'].map((name) => (
              <th key={name} scope="col" class="end">
                {name}
              </th>
            ))}
            <th scope="col">Made</th>
            <th scope="col">
              <span class="sr">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {datasets.map((info) => (
            <Row key={keyOf(info)} info={info} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ info }: { info: ListedDataset }) {
  const isAvailable = info.available !== false;
  return (
    <tr class={isAvailable ? '' : 'unavailable'}>
      <th scope="row">
        <a class="name" dir="auto" href={datasetPath(info)}>
          {titleOf(info)}
        </a>
        <span class="split">
          {isRead(info) ? DATASET_KIND_LABELS[info.kind] : 'files of the machine, not read yet'}
        </span>
        {!isAvailable && <span class="reason">Not available: {info.reason}</span>}
      </th>
      <td data-label="Task">{isRead(info) ? TASK_LABELS[info.task] : '–'}</td>
      <td data-label="Samples" class="end">
        {whole(info.samples)}
      </td>
      <td data-label="Features" class="end">
        {whole(info.features)}
      </td>
      <td data-label="Outputs" class="end">
        {whole(info.outputs)}
      </td>
      <td data-label="Version" class={info.version === undefined ? 'end unknown' : 'end'}>
        {whole(info.version)}
      </td>
      <td data-label="Runs" class="end">
        <a class="text" href={runsPath(info)}>
          {info.runs === undefined ? 'list' : whole(info.runs)}
          <span class="sr"> of the runs that use {titleOf(info)}</span>
        </a>
      </td>
      <td data-label="Made" class={info.createdAt === undefined ? 'unknown' : ''}>
        {info.createdAt ? (
          <time dateTime={info.createdAt} title={info.createdAt}>
            {ago(info.createdAt)}
          </time>
        ) : (
          '–'
        )}
      </td>
      <td class="do">
        {isAvailable && makingProjects.value?.length !== 0 && (
          <a class="button small" href={newRunPath(info)}>
            New run<span class="sr"> with {titleOf(info)}</span>
          </a>
        )}
      </td>
    </tr>
  );
}

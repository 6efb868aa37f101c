import type { Column, ListedDataset } from '../../../vocabulary/index.ts';
import { datasetPath, isRead, titleOf } from '../../data/dataset-links.ts';
import { count, whole } from '../../parts/format.ts';
import { TASK_LABELS } from '../../parts/labels.ts';
import { chooseDataset } from './chosen-dataset.ts';

/** So many names are read at a glance. */
const MOST_NAMES = 6;

interface Props {
  info: ListedDataset | undefined;
  /** Of the data set; the job may name an older one. */
  newestVersion: number | undefined;
}

/** What the chosen data set is. There is a line of it from the start, so that nothing moves when it arrives. */
export function DatasetFacts({ info, newestVersion }: Props) {
  if (!info) return <p class="faint hint">{'\u00a0'}</p>;
  const { columns = [], classes, warnings = [], version } = info;
  const named = (role: Column['role']) => columns.filter((column) => column.role === role).map(({ name }) => name);
  const targets = named('target'),
    ignored = named('ignored');
  return (
    <div class="faint hint dataset-facts">
      <p>
        {info.kind !== 'uploaded' && `${info.description} `}
        {isRead(info) && (
          <>
            {TASK_LABELS[info.task]}, {count(info.samples, 'sample')}, {count(info.features, 'feature')},{' '}
            {count(info.outputs, 'output')}
            {version !== undefined && `, version ${version}`}.
          </>
        )}
      </p>
      {version !== undefined && newestVersion !== undefined && version < newestVersion && (
        <p>
          This job names version {version}; version {newestVersion} is newer.{' '}
          <button type="button" class="button small" onClick={() => chooseDataset(info)}>
            Use the newest
          </button>
        </p>
      )}
      {columns.length > 0 && (
        <p>
          Inputs: {listed(named('input'))}. {targets.length > 1 ? 'Targets' : 'Target'}: {listed(targets)}
          {ignored.length > 0 && `. Ignored: ${listed(ignored)}`}.
        </p>
      )}
      {classes && classes.length > 0 && <p>Classes: {listed(classes)}.</p>}
      <p>
        {splitInWords(info)}
        {warnings.length > 0 && (
          <>
            {' '}
            <b>{count(warnings.length, 'warning')}.</b>
          </>
        )}{' '}
        <a href={datasetPath(info)}>Look at {titleOf(info)}</a>
      </p>
    </div>
  );
}

const listed = (names: readonly string[]): string =>
  names.length === 0
    ? 'none'
    : [
        ...names.slice(0, MOST_NAMES),
        ...(names.length > MOST_NAMES ? [`and ${whole(names.length - MOST_NAMES)} more`] : []),
      ].join(', ');

const OWN_SHARE = 'Each run draws its own share for validation';

function splitInWords({ split, trainingSamples = 0, validationSamples = 0, testSamples = 0 }: ListedDataset): string {
  if (split === undefined) return '';
  if (split.by === 'share') return `${OWN_SHARE}.`;
  const by =
    split.by === 'file' ? 'its files' : `${split.by === 'time' ? 'the order' : 'the values'} of ${split.column}`;
  const sizes = [
    `${whole(trainingSamples)} training`,
    ...(validationSamples > 0 ? [`${whole(validationSamples)} validation`] : []),
    `${whole(testSamples)} test samples`,
  ].join(', ');
  return `Split by ${by}: ${sizes}.${validationSamples > 0 ? '' : ` ${OWN_SHARE} out of the training samples.`}`;
}

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Column, DatasetInfo } from '../../../vocabulary/index.ts';
import { datasetPath, titleOf } from '../../data/dataset-links.ts';
import { service } from '../../data/service.ts';
import { count, whole } from '../../parts/format.ts';
import { TASK_LABELS } from '../../parts/labels.ts';

/** So many names are read at a glance. */
const MOST_NAMES = 6;

/** What the chosen data set is. There is a line of it from the start, so that nothing moves when it arrives. */
export function DatasetFacts({ info }: { info: DatasetInfo | undefined }) {
  const columns = useColumns(info);
  if (!info) return <p class="faint hint">{'\u00a0'}</p>;
  const { classes, warnings = [], version } = info;
  const named = (role: Column['role']) => columns.filter((column) => column.role === role).map(({ name }) => name);
  const targets = named('target'),
    ignored = named('ignored');
  return (
    <div class="faint hint dataset-facts">
      <p>
        {info.kind !== 'uploaded' && `${info.description} `}
        {TASK_LABELS[info.task]}, {count(info.samples, 'sample')}, {count(info.features, 'feature')},{' '}
        {count(info.outputs, 'output')}
        {version !== undefined && `, version ${version}`}.
      </p>
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

/** The list of data sets leaves the columns out: there may be thousands of them. */
function useColumns(info: DatasetInfo | undefined): readonly Column[] {
  const columns = useSignal<readonly Column[]>([]);
  useEffect(() => {
    columns.value = [];
    if (info?.id === undefined) return;
    let isOver = false;
    void service.dataset(info.id).then(
      (found) => {
        if (!isOver) columns.value = found.columns ?? [];
      },
      // Without its columns the data set can be trained on just as well.
      () => undefined,
    );
    return () => {
      isOver = true;
    };
  }, [info?.id, info?.hash]);
  return columns.value;
}

const listed = (names: readonly string[]): string =>
  names.length === 0
    ? 'none'
    : [
        ...names.slice(0, MOST_NAMES),
        ...(names.length > MOST_NAMES ? [`and ${whole(names.length - MOST_NAMES)} more`] : []),
      ].join(', ');

function splitInWords({ split, trainingSamples, validationSamples, testSamples }: DatasetInfo): string {
  const sizes =
    trainingSamples === undefined
      ? ''
      : `: ${whole(trainingSamples)} training, ${whole(validationSamples ?? 0)} validation, ${whole(testSamples ?? 0)} test samples`;
  switch (split?.by) {
    case undefined:
      return '';
    case 'share':
      return 'Each run draws its own share for validation.';
    case 'column':
      return `Split by the values of ${split.column}${sizes}.`;
    case 'time':
      return `Split by the order of ${split.column}${sizes}.`;
    case 'file':
      return `Split by its files${sizes}.`;
  }
}

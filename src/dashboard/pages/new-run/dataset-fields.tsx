import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { DatasetInfo } from '../../../vocabulary/index.ts';
import { service } from '../../data/service.ts';
import { vocabulary } from '../../data/vocabulary.ts';
import { count, whole } from '../../parts/format.ts';
import { TASK_LABELS } from '../../parts/labels.ts';
import { draft, put } from './draft.ts';
import { NumberField, SelectField } from './fields.tsx';
import { faultAt } from './validation.ts';

const datasets = signal<DatasetInfo[]>([]);

export function DatasetFields() {
  // If the list cannot be fetched, the name chosen so far stays usable; validation says what is wrong.
  useEffect(() => {
    void service.datasets().then(
      (list) => {
        datasets.value = list;
      },
      () => undefined,
    );
  }, []);
  const { dataset } = draft.value;
  const chosen = dataset.id ?? dataset.name ?? '';
  const info = datasets.value.find((one) => (one.id ?? one.name) === chosen);
  const isSynthetic = info?.kind === 'synthetic';
  const choose = (value: string) => {
    // How the data is split is kept; what belongs to the old data set is not.
    const kept = Object.entries(dataset).filter(([key]) => ['validationSplit', 'normalize', 'seed'].includes(key));
    const isUploaded = datasets.value.some((one) => one.id === value);
    put('dataset', { ...(isUploaded ? { id: value } : { name: value }), ...Object.fromEntries(kept) });
  };
  const fault = faultAt('dataset') ?? faultAt('dataset.name') ?? faultAt('dataset.id');
  return (
    <>
      <div class="grid">
        <label class="field double">
          <span class="label">Data set</span>
          <select
            class="input"
            name="dataset.name"
            value={chosen}
            aria-invalid={fault !== undefined}
            onChange={(event) => choose(event.currentTarget.value)}
          >
            {dataset.inputs !== undefined && <option value="">inline data (see the JSON)</option>}
            {!info && chosen && <option value={chosen}>{chosen}</option>}
            {datasets.value.map((one) => (
              <option key={one.id ?? one.name} value={one.id ?? one.name}>
                {one.name ?? one.id}
              </option>
            ))}
          </select>
          {fault && (
            <span class="fault" role="alert">
              {fault}
            </span>
          )}
        </label>
        {isSynthetic && <NumberField path="dataset.samples" label="Samples" unset={String(info.samples)} />}
        {isSynthetic && (
          <NumberField
            path="dataset.noise"
            label="Noise"
            unset={String(info.noise ?? 0)}
            hint="Standard deviation of the noise"
          />
        )}
        {!isSynthetic && (
          <NumberField
            path="dataset.limit"
            label="Samples, at most"
            unset={info ? `all ${whole(info.samples)}` : 'all'}
          />
        )}
        <NumberField
          path="dataset.validationSplit"
          label="Validation share"
          hint="Share of the samples that is held out, from 0 to 1"
        />
        <SelectField path="dataset.normalize" label="Normalize" options={vocabulary.normalizations} />
      </div>
      <p class="faint hint">
        {info
          ? `${info.description} ${TASK_LABELS[info.task]}, ${count(info.features, 'feature')}, ${count(info.outputs, 'output')}.`
          : '\u00a0'}
      </p>
    </>
  );
}

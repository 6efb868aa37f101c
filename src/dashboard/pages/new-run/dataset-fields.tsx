import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { DatasetInfo } from '../../../schemas/index.ts';
import { service } from '../../data/service.ts';
import { vocabulary } from '../../data/vocabulary.ts';
import { whole } from '../../parts/format.ts';
import { draft, put } from './draft.ts';
import { NumberField, SelectField } from './fields.tsx';
import { faultAt } from './validation.ts';

const datasets = signal<DatasetInfo[]>([]);

export function DatasetFields() {
  // Where the list does not come, the name chosen so far stays usable; validation tells what is wrong.
  useEffect(() => {
    void service.datasets().then(
      (list) => {
        datasets.value = list;
      },
      () => undefined,
    );
  }, []);
  const { dataset } = draft.value;
  const chosen = (dataset['id'] as string | undefined) ?? dataset.name ?? '';
  const info = datasets.value.find((one) => (one.id ?? one.name) === chosen);
  const isSynthetic = info?.kind === 'synthetic';
  const choose = (value: string) => {
    const {
      name: _name,
      id: _id,
      inputs: _inputs,
      targets: _targets,
      task: _task,
      samples: _samples,
      noise: _noise,
      limit: _limit,
      ...kept
    } = dataset;
    const isUploaded = datasets.value.find((one) => one.id === value);
    put('dataset', { ...(isUploaded ? { id: value } : { name: value }), ...kept });
  };
  const fault = faultAt('dataset') ?? faultAt('dataset.name') ?? faultAt('dataset.id');
  return (
    <>
      <div class="grid">
        <label class="field double">
          <span class="label">Data set</span>
          <select
            class="input"
            value={chosen}
            aria-invalid={fault !== undefined}
            onChange={(event) => choose(event.currentTarget.value)}
          >
            {dataset.inputs !== undefined && <option value="">inline data, see the JSON</option>}
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
        {isSynthetic && <NumberField path="dataset.samples" label="Samples" byDefault={info.samples} />}
        {isSynthetic && <NumberField path="dataset.noise" label="Noise" byDefault={info.noise ?? 0} />}
        {!isSynthetic && (
          <NumberField
            path="dataset.limit"
            label="Use at most"
            byDefault={info ? `all ${whole(info.samples)}` : 'all'}
          />
        )}
        <NumberField path="dataset.validationSplit" label="Validation share" byDefault={0.1} />
        <SelectField
          path="dataset.normalize"
          label="Normalize"
          options={vocabulary.normalizations}
          byDefault="standard"
        />
      </div>
      <p class="faint hint">
        {info
          ? `${info.description} ${whole(info.features)} features, ${info.task}, ${whole(info.outputs)} outputs.`
          : '\u00a0'}
      </p>
    </>
  );
}

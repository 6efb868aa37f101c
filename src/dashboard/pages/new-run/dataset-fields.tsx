import { useEffect } from 'preact/hooks';
import { vocabulary } from '../../data/vocabulary.ts';
import { count, whole } from '../../parts/format.ts';
import { TASK_LABELS } from '../../parts/labels.ts';
import { chosenDataset, chosenName, datasets, isOffered, loadDatasets } from './chosen-dataset.ts';
import { draft, put } from './draft.ts';
import { NumberField, SelectField } from './fields.tsx';
import { faultAt } from './validation.ts';

/** How the data is split and prepared: kept when another data set is chosen. */
const KEPT = ['validationSplit', 'normalize', 'normalizeTargets', 'seed'];

export function DatasetFields() {
  useEffect(() => void loadDatasets(), []);
  const { dataset } = draft.value;
  const chosen = chosenName.value,
    info = chosenDataset.value;
  const isSynthetic = info?.kind === 'synthetic';
  const choose = (value: string) => {
    const next = datasets.value.find((one) => (one.id ?? one.name) === value);
    const kept = Object.entries(dataset).filter(
      ([key]) => KEPT.includes(key) && (key !== 'normalizeTargets' || next?.task === 'regression'),
    );
    const isUploaded = next?.id !== undefined;
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
        {isSynthetic && <NumberField path="dataset.samples" unset={String(info.samples)} />}
        {isSynthetic && (
          <NumberField path="dataset.noise" unset={String(info.noise ?? 0)} hint="Standard deviation of the noise" />
        )}
        {!isSynthetic && <NumberField path="dataset.limit" unset={info ? `all ${whole(info.samples)}` : 'all'} />}
        <NumberField path="dataset.validationSplit" hint="Share of the samples that is held out, from 0 to 1" />
        <SelectField path="dataset.normalize" options={vocabulary.normalizations} />
        {isOffered('dataset.normalizeTargets', 'regression') && (
          <SelectField
            path="dataset.normalizeTargets"
            options={vocabulary.targetNormalizations}
            hint="Losses are then of the normalised targets; predictions undo it"
          />
        )}
      </div>
      <p class="faint hint">
        {info
          ? `${info.description} ${TASK_LABELS[info.task]}, ${count(info.features, 'feature')}, ${count(info.outputs, 'output')}.`
          : '\u00a0'}
      </p>
    </>
  );
}

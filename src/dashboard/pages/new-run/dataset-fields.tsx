import { useEffect } from 'preact/hooks';
import { isRead } from '../../data/dataset-links.ts';
import { loadDatasets } from '../../data/dataset-list.ts';
import { vocabulary } from '../../data/vocabulary.ts';
import { whole } from '../../parts/format.ts';
import { chosenDataset, hasOwnValidation, isOffered } from './chosen-dataset.ts';
import { DatasetChoice } from './dataset-choice.tsx';
import { DatasetFacts } from './dataset-facts.tsx';
import { draft } from './draft.ts';
import { NumberField, SelectField } from './fields.tsx';
import { useVersion } from './use-version.ts';

export function DatasetFields() {
  useEffect(() => void loadDatasets(), []);
  const listed = chosenDataset.value;
  const info = useVersion(listed, draft.value.dataset.version);
  const isSynthetic = info?.kind === 'synthetic';
  const isSplit = info !== undefined && hasOwnValidation(info);
  return (
    <>
      <DatasetChoice />
      <DatasetFacts info={info} newestVersion={listed?.version} />
      <div class="grid">
        {isSynthetic && <NumberField path="dataset.samples" unset={String(info.samples)} />}
        {isSynthetic && (
          <NumberField path="dataset.noise" unset={String(info.noise ?? 0)} hint="Standard deviation of the noise" />
        )}
        {!isSynthetic && (
          <NumberField path="dataset.limit" unset={info && isRead(info) ? `all ${whole(info.samples)}` : 'all'} />
        )}
        {isSplit ? (
          <NumberField path="dataset.validationSplit" off="The data set itself says which samples are held out" />
        ) : (
          <NumberField path="dataset.validationSplit" hint="Share of the samples that is held out, from 0 to 1" />
        )}
        <SelectField path="dataset.normalize" options={vocabulary.normalizations} />
        {isOffered('dataset.normalizeTargets', 'regression') && (
          <SelectField
            path="dataset.normalizeTargets"
            options={vocabulary.targetNormalizations}
            hint="Losses are then of the normalised targets; predictions undo it"
          />
        )}
      </div>
    </>
  );
}

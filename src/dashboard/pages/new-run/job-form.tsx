import { vocabulary } from '../../data/vocabulary.ts';
import { ClassWeightsField } from './class-weights-field.tsx';
import { isOffered } from './chosen-dataset.ts';
import { DatasetFields } from './dataset-fields.tsx';
import { draft, put } from './draft.ts';
import { CheckField, ChoiceField, NumberField, SelectField, TextField } from './fields.tsx';
import { LayerList } from './layer-list.tsx';
import { StoppingFields } from './stopping-fields.tsx';

export function JobForm() {
  const { tags, notes } = draft.value;
  return (
    <>
      <fieldset class="panel section">
        <legend>Name</legend>
        <div class="grid">
          <div class="double">
            <TextField path="name" placeholder="default: data set, layers, activation" />
          </div>
          <TextField path="experiment" placeholder="none" hint="Groups related runs" />
          <label class="field">
            <span class="label">Tags</span>
            <input
              class="input"
              dir="auto"
              defaultValue={tags?.join(', ') ?? ''}
              key={tags?.join()}
              placeholder="a, b"
              onChange={(event) => {
                const list = event.currentTarget.value
                  .split(',')
                  .map((tag) => tag.trim())
                  .filter(Boolean);
                put('tags', list.length > 0 ? list : undefined);
              }}
            />
          </label>
        </div>
        <label class="field notes-field">
          <span class="label">Notes</span>
          <textarea
            class="input"
            dir="auto"
            rows={2}
            value={notes ?? ''}
            onInput={(event) => put('notes', event.currentTarget.value || undefined)}
          />
        </label>
      </fieldset>
      <fieldset class="panel section">
        <legend>Data</legend>
        <DatasetFields />
      </fieldset>
      <fieldset class="panel section">
        <legend>Hidden layers</legend>
        <LayerList />
        {isOffered('model.output.activation', 'regression') && (
          <div class="grid">
            <SelectField
              path="model.output.activation"
              options={vocabulary.outputActivations}
              hint="Keeps predictions in a range: relu and softplus above 0, sigmoid from 0 to 1, tanh from -1 to 1"
            />
          </div>
        )}
      </fieldset>
      <fieldset class="panel section">
        <legend>Training</legend>
        <div class="grid">
          <NumberField path="training.epochs" />
          <NumberField path="training.batchSize" />
          <NumberField path="training.seed" unset="random" />
          <div class="double">
            <SelectField
              path="training.loss"
              options={['auto', ...vocabulary.losses]}
              hint="auto: the usual loss for the task of the data set"
            />
          </div>
        </div>
        <div class="grid">
          <ChoiceField path="training.optimizer" choices={vocabulary.optimizers} />
        </div>
        <div class="grid">
          <ChoiceField path="training.schedule" choices={vocabulary.schedules} />
          <NumberField path="training.clipNorm" unset="off" hint="Largest L2 norm of the whole gradient" />
        </div>
        <StoppingFields />
        {isOffered('training.classWeights', 'classification', 'multilabel') && (
          <div class="grid">
            <ClassWeightsField />
          </div>
        )}
        <CheckField path="training.shuffle" />
      </fieldset>
      <fieldset class="panel section">
        <legend>Service</legend>
        <div class="grid">
          <SelectField
            path="engine"
            options={['auto', ...vocabulary.engines]}
            hint="auto: the fastest engine available"
          />
          <NumberField
            path="training.threads"
            hint="That share the work of a step. auto: idle cores, for large networks"
          />
          <NumberField path="priority" hint="Runs with a higher priority start first" />
          <NumberField path="telemetry.snapshotsPerSecond" />
          <NumberField
            path="telemetry.metricsEverySteps"
            hint="Metrics are averaged over this many steps. auto: at most 5,000 points per run"
          />
          <NumberField path="telemetry.checkpointEverySeconds" />
          <NumberField path="telemetry.keepCheckpoints" hint="Beside the best and the final one" />
        </div>
      </fieldset>
    </>
  );
}

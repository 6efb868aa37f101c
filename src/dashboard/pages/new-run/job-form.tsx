import { vocabulary } from '../../data/vocabulary.ts';
import { DatasetFields } from './dataset-fields.tsx';
import { draft, put } from './draft.ts';
import { CheckField, ChoiceField, NumberField, SelectField, TextField } from './fields.tsx';
import { LayerList } from './layer-list.tsx';

export function JobForm() {
  const { tags, notes } = draft.value;
  return (
    <>
      <fieldset class="panel section">
        <legend>Name</legend>
        <div class="grid">
          <div class="double">
            <TextField path="name" label="Name" placeholder="default: data set, layers, activation" />
          </div>
          <TextField path="experiment" label="Experiment" placeholder="none" hint="Groups related runs" />
          <label class="field">
            <span class="label">Tags</span>
            <input
              class="input"
              dir="auto"
              defaultValue={tags?.join(', ') ?? ''}
              key={tags?.join()}
              placeholder="separated by commas"
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
      </fieldset>
      <fieldset class="panel section">
        <legend>Training</legend>
        <div class="grid">
          <NumberField path="training.epochs" label="Epochs" />
          <NumberField path="training.batchSize" label="Batch size" />
          <NumberField path="training.seed" label="Seed" unset="random" />
          <SelectField
            path="training.loss"
            label="Loss"
            options={['auto', ...vocabulary.losses]}
            hint="auto: the usual loss for the task of the data set"
          />
        </div>
        <div class="grid">
          <ChoiceField path="training.optimizer" label="Optimizer" choices={vocabulary.optimizers} />
        </div>
        <div class="grid">
          <ChoiceField path="training.schedule" label="Learning rate schedule" choices={vocabulary.schedules} />
          <NumberField
            path="training.clipNorm"
            label="Clip norm"
            unset="off"
            hint="Largest L2 norm of the whole gradient"
          />
        </div>
        <CheckField path="training.shuffle" label="Shuffle every epoch" />
      </fieldset>
      <fieldset class="panel section">
        <legend>Service</legend>
        <div class="grid">
          <SelectField
            path="engine"
            label="Engine"
            options={['auto', ...vocabulary.engines]}
            hint="auto: the fastest engine available"
          />
          <NumberField path="priority" label="Priority" hint="Runs with a higher priority start first" />
          <NumberField path="telemetry.snapshotsPerSecond" label="Snapshots per second" />
          <NumberField
            path="telemetry.metricsEverySteps"
            label="Steps per metric"
            hint="Metrics are averaged over this many steps. auto: at most 5,000 points per run"
          />
          <NumberField path="telemetry.checkpointEverySeconds" label="Seconds per checkpoint" />
        </div>
      </fieldset>
    </>
  );
}

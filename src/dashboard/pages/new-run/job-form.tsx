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
            <TextField path="name" label="Name" placeholder="what this run is about" />
          </div>
          <TextField path="experiment" label="Experiment" placeholder="groups runs" />
          <label class="field">
            <span class="label">Tags</span>
            <input
              class="input"
              defaultValue={tags?.join(', ') ?? ''}
              key={tags?.join()}
              placeholder="comma, separated"
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
          <NumberField path="training.epochs" label="Epochs" byDefault={10} />
          <NumberField path="training.batchSize" label="Batch size" byDefault={32} />
          <NumberField path="training.seed" label="Seed" byDefault="random" />
          <SelectField path="training.loss" label="Loss" options={['auto', ...vocabulary.losses]} byDefault="auto" />
        </div>
        <div class="grid">
          <ChoiceField path="training.optimizer" label="Optimizer" choices={vocabulary.optimizers} byDefault="adam" />
        </div>
        <div class="grid">
          <ChoiceField path="training.schedule" label="Schedule" choices={vocabulary.schedules} byDefault="constant" />
          <NumberField path="training.clipNorm" label="Clip norm" byDefault="off" />
        </div>
        <CheckField path="training.shuffle" label="Shuffle every epoch" byDefault={true} />
      </fieldset>
      <fieldset class="panel section">
        <legend>Service</legend>
        <div class="grid">
          <SelectField path="engine" label="Engine" options={['auto', ...vocabulary.engines]} byDefault="auto" />
          <NumberField path="priority" label="Priority" byDefault={0} hint="Higher runs first" />
          <NumberField path="telemetry.snapshotsPerSecond" label="Snapshots / s" byDefault={10} />
          <NumberField path="telemetry.metricsEverySteps" label="Metrics every … steps" byDefault="auto" />
          <NumberField path="telemetry.checkpointEverySeconds" label="Checkpoint every … s" byDefault={30} />
        </div>
      </fieldset>
    </>
  );
}

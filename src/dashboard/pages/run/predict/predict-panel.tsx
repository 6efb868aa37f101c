import { useSignal } from '@preact/signals';
import type { CheckpointChoice, Prediction, Run } from '../../../../vocabulary/index.ts';
import { service } from '../../../data/service.ts';
import { whole } from '../../../parts/format.ts';
import { PasteForm } from './paste-form.tsx';
import { RowForm } from './row-form.tsx';
import type { PredictedRow } from './row-values.ts';
import { useInputs } from './use-inputs.ts';
import './predict.css';

/** Asks the trained model about rows of one's own, by the names of the columns. */
export function PredictPanel({ run }: { run: Run }) {
  const hasBest = run.summary.bestStep !== undefined;
  const checkpoint = useSignal<CheckpointChoice>('final');
  const isPasting = useSignal(false);
  const inputs = useInputs(run);
  const ask = (rows: PredictedRow[]): Promise<Prediction> => {
    const query = { checkpoint: checkpoint.value };
    return inputs?.isNamed
      ? service.predict(run.id, rows, query)
      : service.predict(
          run.id,
          rows.map((row) => (inputs?.columns ?? []).map(({ name }) => Number(row[name]))),
          query,
        );
  };
  return (
    <section class="panel" aria-label="Predict">
      <div class="panel-head">
        <h2>Predict</h2>
        <span class="quiet">with the trained model; values as they are in the data, not normalised</span>
        <label class="push">
          <span class="sr">Weights</span>
          <select
            class="input"
            value={checkpoint.value}
            onChange={(event) => {
              checkpoint.value = event.currentTarget.value === 'best' ? 'best' : 'final';
            }}
          >
            <option value="final">final weights, step {whole(run.progress.step)}</option>
            {hasBest && <option value="best">best weights, step {whole(run.summary.bestStep)}</option>}
          </select>
        </label>
      </div>
      {inputs && (
        <div class="panel-body predict">
          <div class="segments" role="radiogroup" aria-label="How many rows">
            {[false, true].map((many) => (
              <button
                key={String(many)}
                type="button"
                role="radio"
                aria-checked={isPasting.value === many}
                onClick={() => {
                  isPasting.value = many;
                }}
              >
                {many ? 'Many rows' : 'One row'}
              </button>
            ))}
          </div>
          {isPasting.value ? <PasteForm run={run} inputs={inputs} ask={ask} /> : <RowForm inputs={inputs} ask={ask} />}
        </div>
      )}
    </section>
  );
}

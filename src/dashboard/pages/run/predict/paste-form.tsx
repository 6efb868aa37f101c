import { useSignal } from '@preact/signals';
import type { Prediction, Run } from '../../../../vocabulary/index.ts';
import { readDelimited } from '../../../parts/delimited.ts';
import { count, number, percent, whole } from '../../../parts/format.ts';
import { answersCsv, answersOf, type Answer } from './answers.ts';
import { faultOf } from './row-form.tsx';
import { readRows, type PredictedRow } from './row-values.ts';
import { saveText } from './save-text.ts';
import type { Inputs } from './use-inputs.ts';

/** So many rows are drawn; the file has all of them. */
const MOST_ROWS = 200;
const MOST_OUTPUTS = 12;

interface Props {
  run: Run;
  inputs: Inputs;
  ask: (rows: PredictedRow[]) => Promise<Prediction>;
}

/** Rows from a file or a spreadsheet, and a table of what the model makes of them. */
export function PasteForm({ run, inputs, ask }: Props) {
  const text = useSignal('');
  const fault = useSignal('');
  const result = useSignal<{ rows: PredictedRow[]; answers: Answer[]; ignored: string[] } | null>(null);
  const predict = async () => {
    const read = readRows(readDelimited(text.value), inputs.columns);
    result.value = null;
    if ('fault' in read) {
      fault.value = read.fault;
      return;
    }
    fault.value = '';
    try {
      result.value = { ...read, answers: answersOf(await ask(read.rows)) };
    } catch (error) {
      fault.value = faultOf(error);
    }
  };
  const shown = result.value;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void predict();
      }}
    >
      <label class="field">
        <span class="label">Rows as CSV, or copied from a spreadsheet</span>
        <textarea
          class="input mono"
          rows={8}
          spellcheck={false}
          placeholder={exampleOf(inputs)}
          value={text.value}
          onInput={(event) => {
            text.value = event.currentTarget.value;
          }}
        />
        <span class="field-hint">
          The first row has the names of the columns, in any order. An empty cell is a missing value.
        </span>
      </label>
      <div class="row">
        <button class="button primary">Predict rows</button>
        {shown && (
          <button
            type="button"
            class="button"
            onClick={() => saveText(`${run.name || run.id} predictions.csv`, answersCsv(shown.rows, shown.answers))}
          >
            Download as CSV
          </button>
        )}
      </div>
      {fault.value && (
        <div class="notice bad lines" role="alert">
          {fault.value}
        </div>
      )}
      <div role="status">
        {shown && (
          <p class="quiet num">
            {count(shown.rows.length, 'row')} predicted
            {shown.rows.length > MOST_ROWS && `, the first ${MOST_ROWS} are shown`}
            {shown.ignored.length > 0 && `; no inputs and left out: ${shown.ignored.join(', ')}`}
          </p>
        )}
      </div>
      {shown && <AnswerTable rows={shown.rows} answers={shown.answers} />}
    </form>
  );
}

function AnswerTable({ rows, answers }: { rows: readonly PredictedRow[]; answers: readonly Answer[] }) {
  const columns = Object.keys(rows[0] ?? {}).slice(0, MOST_OUTPUTS);
  const hasLabels = answers.some(({ label }) => label !== null);
  const outputs = answers[0]?.outputs.slice(0, MOST_OUTPUTS) ?? [];
  return (
    <div class="table-scroll" tabIndex={0} role="group" aria-label="Table of predictions">
      <table class="predictions">
        <thead>
          <tr>
            <th scope="col">Row</th>
            {hasLabels && <th scope="col">Predicted</th>}
            {outputs.map(({ name }) => (
              <th key={name} scope="col" class="end" dir="auto">
                {name}
              </th>
            ))}
            {columns.map((name) => (
              <th key={name} scope="col" class="given" dir="auto">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {answers.slice(0, MOST_ROWS).map(({ label, outputs: values }, at) => (
            // oxlint-disable-next-line react/no-array-index-key -- rows have no other name
            <tr key={at}>
              <th scope="row">{whole(at + 1)}</th>
              {hasLabels && <td dir="auto">{label}</td>}
              {values.slice(0, MOST_OUTPUTS).map(({ name, value, isShare }) => (
                <td key={name} class="end">
                  {isShare ? percent(value) : number(value)}
                </td>
              ))}
              {columns.map((name) => (
                <td key={name} class="given" dir="auto">
                  {cellOf(rows[at]?.[name] ?? null)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const cellOf = (value: PredictedRow[string]): string =>
  value === null ? 'missing' : Array.isArray(value) ? `${whole(value.length)} values` : String(value);

/** So many columns show what is meant. */
const EXAMPLE_COLUMNS = 5;
function exampleOf({ columns, example }: Inputs): string {
  const shown = columns.slice(0, EXAMPLE_COLUMNS).map(({ name }) => name);
  const values = shown.map((name) => {
    const value = example[name] ?? '';
    return Array.isArray(value) ? value.slice(0, 3).join(' ') : String(value);
  });
  const rest = columns.length > EXAMPLE_COLUMNS ? [',…', ',…'] : ['', ''];
  return `${shown.join(',')}${rest[0]}\n${values.join(',')}${rest[1]}`;
}

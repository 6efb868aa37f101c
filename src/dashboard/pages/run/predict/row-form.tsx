import { useSignal } from '@preact/signals';
import type { Column, Prediction, PreviewValue } from '../../../../vocabulary/index.ts';
import { RelumineApiError } from '../../../data/service.ts';
import { number, percent } from '../../../parts/format.ts';
import { Picture, pictureShape } from '../../../parts/picture.tsx';

import { answersOf, detailLine, type Answer } from './answers.ts';
import { readValue, type PredictedRow } from './row-values.ts';
import type { Inputs } from './use-inputs.ts';

/** More fields than this are no form any more: such rows are pasted. */
const MOST_FIELDS = 60;
/** So many outputs are read at a glance. */
const MOST_OUTPUTS = 10;

interface Props {
  inputs: Inputs;
  ask: (rows: PredictedRow[]) => Promise<Prediction>;
}

/** One row, a field for each column, and what the model makes of it. */
export function RowForm({ inputs: { columns, example }, ask }: Props) {
  const values = useSignal<Record<string, string>>(
    Object.fromEntries(columns.map(({ name }) => [name, textOf(example[name] ?? null)])),
  );
  const answer = useSignal<Answer | null>(null);
  const fault = useSignal('');
  if (columns.length === 0 || columns.length > MOST_FIELDS)
    return <p class="quiet">Paste such rows under “Many rows”, with a header of column names.</p>;
  const put = (name: string, value: string) => {
    values.value = { ...values.value, [name]: value };
  };
  const predict = async () => {
    const row = Object.fromEntries(
      columns.map((column) => [column.name, readValue(values.value[column.name] ?? '', column)]),
    );
    try {
      answer.value = answersOf(await ask([row]))[0] ?? null;
      fault.value = '';
    } catch (error) {
      answer.value = null;
      fault.value = faultOf(error);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void predict();
      }}
    >
      <div class="grid">
        {columns.map((column) => (
          <Field key={column.name} column={column} value={values.value[column.name] ?? ''} put={put} />
        ))}
      </div>
      <div class="row">
        <button class="button primary">Predict</button>
        <span class="faint">An empty field is a missing value.</span>
      </div>
      {fault.value && (
        <div class="notice bad" role="alert">
          {fault.value}
        </div>
      )}
      <div role="status">{answer.value && <AnswerList answer={answer.value} />}</div>
    </form>
  );
}

function Field({ column, value, put }: { column: Column; value: string; put: (name: string, value: string) => void }) {
  const { name, kind, categories, width } = column;
  const shape = pictureShape(column.shape);
  return (
    <label class={width > 1 ? 'field whole' : 'field'}>
      <span class="label" dir="auto">
        {name}
      </span>
      {categories && categories.length > 0 ? (
        <select class="input" name={name} value={value} onChange={(event) => put(name, event.currentTarget.value)}>
          <option value="">missing</option>
          {categories.map((category) => (
            <option key={category} value={category}>
              {category}
            </option>
          ))}
        </select>
      ) : width > 1 ? (
        <textarea
          class="input mono"
          name={name}
          rows={3}
          value={value}
          onInput={(event) => put(name, event.currentTarget.value)}
        />
      ) : (
        <input
          class="input"
          name={name}
          inputMode={kind === 'numeric' ? 'decimal' : 'text'}
          placeholder={kind === 'date' ? '2026-01-31' : 'missing'}
          value={value}
          onInput={(event) => put(name, event.currentTarget.value)}
        />
      )}
      {shape && value && (
        <Picture values={numbersIn(value, column)} shape={shape} range={[0, 255]} label="the image of this row" />
      )}
    </label>
  );
}

function numbersIn(text: string, column: Column): (number | null)[] {
  const values = readValue(text, column);
  return Array.isArray(values) ? values : [];
}

function AnswerList({ answer: { label, outputs } }: { answer: Answer }) {
  const shown = label === null ? outputs : outputs.toSorted((a, b) => b.value - a.value).slice(0, MOST_OUTPUTS);
  return (
    <div class="answer">
      {label !== null && (
        <p>
          Predicted: <b dir="auto">{label}</b>
        </p>
      )}
      <ul class="class-shares">
        {shown.map(({ name, value, isShare }) => (
          <li key={name}>
            <span dir="auto">{name}</span>
            {isShare && (
              <i>
                <b style={{ transform: `scaleX(${value})` }} />
              </i>
            )}
            <span class="num">{isShare ? percent(value) : number(value)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Every value that is wrong, on a line of its own. */
export const faultOf = (error: unknown): string =>
  error instanceof RelumineApiError && error.details.length > 0
    ? error.details.map(detailLine).join('\n')
    : error instanceof Error
      ? error.message
      : String(error);

const textOf = (value: PreviewValue): string =>
  value === null ? '' : Array.isArray(value) ? value.map((one) => one ?? 'NaN').join(' ') : String(value);

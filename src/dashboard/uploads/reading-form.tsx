import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { DatasetInfo } from '../../vocabulary/index.ts';
import { service } from '../data/service.ts';
import type { FileUpload } from './sending.ts';
import {
  CSV_FIELDS,
  IMAGE_FIELDS,
  inWords,
  optionsIn,
  type ReadingField,
  type UploadOptions,
} from './reading-fields.ts';

interface Props {
  upload: FileUpload;
  /** What the first reading made; null if it failed. */
  dataset: DatasetInfo | null;
  send: (options: UploadOptions) => void;
}

/**
 * How a file is read: each field shows what was guessed, and takes what shall hold instead. It is no form element, for
 * it may be inside the form of a new run.
 */
export function ReadingForm({ upload, dataset, send }: Props) {
  const guessed = useSignal<Record<string, unknown>>({});
  const given = useSignal<Record<string, string>>({ ...upload.options });
  useEffect(() => {
    if (dataset?.id === undefined) return;
    void service.previewDataset(dataset.id, { rows: 1 }).then(
      ({ reading }) => {
        guessed.value = reading;
      },
      // Without the guess the fields are still there to choose.
      () => undefined,
    );
  }, [dataset?.id]);
  const fields = fieldsOf(guessed.value['format']);
  if (fields.length === 0)
    return <p class="quiet">A file of this kind says itself how it is read: there is nothing to choose.</p>;
  const put = (name: string, value: string) => {
    given.value = { ...given.value, [name]: value };
  };
  return (
    <div
      class="reading-form"
      role="group"
      aria-label="How the file is read"
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || !(event.target instanceof HTMLInputElement)) return;
        // Enter reads the file again, and does not start the run whose form this is in.
        event.preventDefault();
        send(optionsIn(given.value));
      }}
    >
      <div class="grid">
        {fields.map((field) => (
          <Field
            key={field.name}
            field={field}
            guessed={inWords(field, guessed.value[field.name])}
            value={given.value[field.name] ?? ''}
            put={put}
          />
        ))}
      </div>
      <div class="row">
        <button type="button" class="button" onClick={() => send(optionsIn(given.value))}>
          Read again
        </button>
        {dataset && <span class="faint">The new reading takes the place of this data set.</span>}
      </div>
    </div>
  );
}

/** Without a format the reading failed, and any field may help. */
function fieldsOf(format: unknown): readonly ReadingField[] {
  if (format === undefined) return [...CSV_FIELDS, ...IMAGE_FIELDS];
  return format === 'csv' ? CSV_FIELDS : format === 'images' ? IMAGE_FIELDS : [];
}

interface FieldProps {
  field: ReadingField;
  guessed: string;
  value: string;
  put: (name: string, value: string) => void;
}

function Field({ field: { name, label, choices, hint }, guessed, value, put }: FieldProps) {
  const open = guessed ? `as read: ${guessed}` : 'guess';
  return (
    <label class="field">
      <span class="label">{label}</span>
      {choices ? (
        <select class="input" name={name} value={value} onChange={(event) => put(name, event.currentTarget.value)}>
          <option value="">{open}</option>
          {choices.map(([choice, words]) => (
            <option key={choice} value={choice}>
              {words}
            </option>
          ))}
        </select>
      ) : (
        <input
          class="input"
          name={name}
          value={value}
          placeholder={open}
          onInput={(event) => put(name, event.currentTarget.value)}
        />
      )}
      {hint && <span class="field-hint">{hint}</span>}
    </label>
  );
}

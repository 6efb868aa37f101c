import { useSignal } from '@preact/signals';
import { Icon } from '../../parts/icons.tsx';
import { copy } from '../../parts/copy.ts';
import { draft, type Draft } from './draft.ts';

const asCurl = (job: Draft) =>
  `curl ${location.origin}/v1/runs -H 'content-type: application/json' -d '${JSON.stringify(job).replaceAll("'", String.raw`'\''`)}'`;

/** The same job as JSON: what the form writes is seen here, what is written here is in the form. */
export function JobJson() {
  const typed = useSignal<string | null>(null);
  const fault = useSignal('');
  const job = draft.value;
  const write = (text: string) => {
    typed.value = text;
    try {
      const { dataset = {}, model, training = {}, ...rest } = JSON.parse(text) as Partial<Draft>;
      fault.value = '';
      draft.value = { ...rest, dataset, model: { ...model, layers: model?.layers ?? [] }, training };
    } catch (error) {
      fault.value = (error as Error).message;
    }
  };
  return (
    <div class="job-json">
      <div class="row">
        <h2>The job as JSON</h2>
        <button type="button" class="button small push" onClick={() => void copy(asCurl(job), 'curl command copied')}>
          <Icon name="copy" />
          Copy as curl
        </button>
      </div>
      <textarea
        class="input mono"
        rows={22}
        spellcheck={false}
        aria-label="The job as JSON"
        aria-invalid={fault.value !== ''}
        value={typed.value ?? JSON.stringify(job, null, 2)}
        onInput={(event) => write(event.currentTarget.value)}
        onBlur={() => {
          if (!fault.value) typed.value = null;
        }}
      />
      {fault.value && (
        <span class="fault" role="alert">
          {fault.value}
        </span>
      )}
    </div>
  );
}

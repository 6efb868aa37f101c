import { useSignal } from '@preact/signals';
import { Icon } from '../../parts/icons.tsx';
import { copy } from '../../parts/copy.ts';
import { draft, readDraft } from './draft.ts';
import type { Draft } from './fill-in.ts';

const asCurl = (job: Draft) =>
  `curl ${location.origin}/v1/runs -H 'content-type: application/json' -d '${JSON.stringify(job).replaceAll("'", String.raw`'\''`)}'`;

/** The same job as JSON: a change in the form shows here, and a change here shows in the form. */
export function JobJson() {
  const typed = useSignal<string | null>(null);
  const fault = useSignal('');
  const job = draft.value;
  const write = (text: string) => {
    typed.value = text;
    const read = readDraft(text);
    if ('fault' in read) {
      fault.value = read.fault;
      return;
    }
    fault.value = '';
    draft.value = read;
  };
  return (
    <div class="job-json">
      <div class="row">
        <h2>Job as JSON</h2>
        <button type="button" class="button small push" onClick={() => void copy(asCurl(job), 'curl command copied')}>
          <Icon name="copy" />
          Copy as curl
        </button>
      </div>
      <textarea
        class="input mono"
        rows={22}
        spellcheck={false}
        aria-label="Job as JSON"
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

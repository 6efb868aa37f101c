import { Icon } from '../../parts/icons.tsx';
import { copy } from '../../parts/copy.ts';
import { draft, type JsonFault } from './draft.ts';
import type { Draft } from './fill-in.ts';
import { discardText, jobText, jsonFault, typeJob } from './job-text.ts';

const asCurl = (job: Draft) =>
  `curl ${location.origin}/v1/runs -H 'content-type: application/json' -d '${JSON.stringify(job).replaceAll("'", String.raw`'\''`)}'`;

/** The same job as JSON: a change in the form shows here, and a change here shows in the form. */
export function JobJson() {
  const fault = jsonFault.value;
  return (
    <div class="job-json">
      <div class="row">
        <h2>Job as JSON</h2>
        <button
          type="button"
          class="button small push"
          disabled={fault !== null}
          onClick={() => void copy(asCurl(draft.value), 'curl command copied')}
        >
          <Icon name="copy" />
          Copy as curl
        </button>
      </div>
      <textarea
        id={JSON_FIELD}
        class="input mono"
        rows={22}
        spellcheck={false}
        aria-label="Job as JSON"
        aria-invalid={fault !== null}
        aria-describedby={fault ? 'job-json-fault' : undefined}
        value={jobText.value}
        onInput={(event) => typeJob(event.currentTarget.value)}
        onBlur={() => {
          if (jsonFault.value === null) discardText();
        }}
      />
      {fault && (
        <div class="fault" id="job-json-fault" role="alert">
          {fault.fault}
        </div>
      )}
    </div>
  );
}

const JSON_FIELD = 'job-json';

/** Beside Start, where it is off because of the JSON: why, and the two ways on. */
export function JsonNote({ fault: { line, column } }: { fault: JsonFault }) {
  const show = () => {
    const field = document.getElementById(JSON_FIELD) as HTMLTextAreaElement;
    field.focus();
    if (line === null) return;
    const start =
      field.value
        .split('\n')
        .slice(0, line - 1)
        .join('\n').length + (line > 1 ? 1 : 0);
    field.setSelectionRange(start + (column ?? 1) - 1, start + (column ?? 1));
  };
  return (
    <div class="notice bad json-note" role="alert">
      <div class="row">
        <span id="json-note">
          {line === null ? 'The JSON is not a job yet.' : `The JSON is not valid in line ${line}.`} Nothing can be
          started until it is. The form shows the last job that was valid.
        </span>
        <button type="button" class="button small" onClick={show}>
          Show the place
        </button>
        <button type="button" class="button small" onClick={discardText}>
          Discard the typed JSON
        </button>
      </div>
    </div>
  );
}

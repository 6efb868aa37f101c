import { useSignal } from '@preact/signals';
import {
  describeProblem,
  parseFilter,
  WEBHOOK_EVENTS,
  WEBHOOK_FORMATS,
  type CreatedWebhook,
  type Project,
  type WebhookEvent,
  type WebhookFormat,
} from '../../../vocabulary/index.ts';
import { service } from '../../data/service.ts';
import { WEBHOOK_EVENT_LABELS, WEBHOOK_FORMAT_LABELS } from '../../parts/labels.ts';
import { FaultLine, TextField } from '../../parts/text-field.tsx';
import { useAction } from '../../parts/use-action.ts';

interface Props {
  project: Project;
  close: () => void;
  done: (made: CreatedWebhook) => void;
}

export function WebhookForm({ project, close, done }: Props) {
  const name = useSignal('');
  const url = useSignal('');
  const format = useSignal<WebhookFormat>('standard');
  const events = useSignal<readonly WebhookEvent[]>(['run.finished', 'run.failed']);
  const rule = useSignal('');
  const { isBusy, fault, run } = useAction();
  const hasRule = events.value.includes('metric');
  const submit = async (event: Event) => {
    event.preventDefault();
    await run(async () => {
      if (events.value.length === 0) throw new Error('Choose at least one event.');
      const read = hasRule ? parseFilter(rule.value) : null;
      if (read && 'problem' in read) throw new Error(`The rule cannot be read: ${describeProblem(read.problem)}.`);
      done(
        await service.webhooks.create({
          name: name.value,
          url: url.value.trim(),
          format: format.value,
          events: [...events.value],
          project: project.id,
          ...(hasRule && { rule: rule.value.trim() }),
        }),
      );
    });
  };
  return (
    <form class="stack" onSubmit={(event) => void submit(event)}>
      <div class="form-row">
        <TextField label="Name" value={name} required maxLength={100} />
        <TextField label="Address" type="url" value={url} required maxLength={2000} placeholder="https://" />
        <label class="field short">
          <span class="label">Format</span>
          <select
            class="input"
            value={format.value}
            onChange={(event) => (format.value = event.currentTarget.value as WebhookFormat)}
          >
            {WEBHOOK_FORMATS.map((one) => (
              <option key={one} value={one}>
                {WEBHOOK_FORMAT_LABELS[one]}
              </option>
            ))}
          </select>
        </label>
      </div>
      <fieldset class="checks">
        <legend>Send when</legend>
        {WEBHOOK_EVENTS.map((one) => (
          <label key={one} class="check">
            <input
              type="checkbox"
              checked={events.value.includes(one)}
              onChange={(event) => {
                const others = events.value.filter((other) => other !== one);
                events.value = event.currentTarget.checked ? [...others, one] : others;
              }}
            />
            {WEBHOOK_EVENT_LABELS[one]}
          </label>
        ))}
      </fieldset>
      {hasRule && (
        <TextField
          label="Rule over a run’s figures"
          value={rule}
          required
          maxLength={1000}
          placeholder="summary.deadNeurons > 10"
          hint="As the filter of the list of runs. Told once per run, when it becomes true."
        />
      )}
      <FaultLine of={fault} />
      <div class="row">
        <button class="button primary" disabled={isBusy.value}>
          Add webhook
        </button>
        <button type="button" class="button" onClick={close}>
          Close
        </button>
      </div>
    </form>
  );
}

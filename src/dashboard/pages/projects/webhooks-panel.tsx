import { useSignal } from '@preact/signals';
import type { Project, Webhook } from '../../../vocabulary/index.ts';
import { service } from '../../data/service.ts';
import { confirm } from '../../parts/confirm.tsx';
import { WEBHOOK_EVENT_LABELS, WEBHOOK_FORMAT_LABELS } from '../../parts/labels.ts';
import { Secret } from '../../parts/secret.tsx';
import { quoted } from '../../parts/short.ts';
import { Fault } from '../../parts/states.tsx';
import { attempt } from '../../parts/toast.tsx';
import { useLoaded } from '../../parts/use-loaded.ts';
import { Deliveries } from './deliveries.tsx';
import { WebhookForm } from './webhook-form.tsx';

/** Where events of the project are sent, with what became of them. */
export function WebhooksPanel({ project }: { project: Project }) {
  const { value, fault, reload } = useLoaded(() => service.webhooks.list(project.id), [project.id]);
  const secret = useSignal('');
  const isAdding = useSignal(false);
  return (
    <section class="panel" aria-labelledby="webhooks-title">
      <div class="panel-head">
        <h2 id="webhooks-title">Webhooks and alerts</h2>
        <span class="quiet">Tell another program, Slack or Discord what happens in this project.</span>
        {!isAdding.value && (
          <button type="button" class="button small push" onClick={() => (isAdding.value = true)}>
            Add webhook
          </button>
        )}
      </div>
      <div class="panel-body">
        {secret.value && (
          <Secret title="The secret that signs the messages." text={secret.value} close={() => (secret.value = '')} />
        )}
        {isAdding.value && (
          <WebhookForm
            project={project}
            close={() => (isAdding.value = false)}
            done={(made) => {
              isAdding.value = false;
              // Slack and Discord check no signature.
              if (made.format === 'standard') secret.value = made.secret;
              void reload();
            }}
          />
        )}
        {fault.value !== null && <Fault of={fault.value} />}
        {value.value?.length === 0 && !isAdding.value && <p class="quiet">No webhooks yet.</p>}
        {value.value?.map((webhook) => (
          <Entry key={webhook.id} webhook={webhook} reload={reload} />
        ))}
      </div>
    </section>
  );
}

function Entry({ webhook, reload }: { webhook: Webhook; reload: () => Promise<void> }) {
  const isOpen = useSignal(false);
  /** Counts what was sent from here, so that the log of deliveries is read again. */
  const sent = useSignal(0);
  const remove = async () => {
    const ok = await confirm(
      'Delete this webhook?',
      `Nothing is sent to ${quoted(webhook.name)} any more, and its log is deleted.`,
      'Delete webhook',
      'Keep webhook',
    );
    if (!ok) return;
    await attempt(() => service.webhooks.delete(webhook.id), 'Deleted');
    await reload();
  };
  const isOff = webhook.disabledAt !== null;
  return (
    <article class="webhook" aria-label={webhook.name}>
      <div class="row">
        <h3 dir="auto">{webhook.name}</h3>
        {isOff && <span class="tag">off</span>}
        <span class="push row">
          <button
            type="button"
            class="button small"
            onClick={() =>
              void attempt(async () => {
                await service.webhooks.test(webhook.id);
                isOpen.value = true;
                sent.value += 1;
              }, 'Sent a test')
            }
          >
            Test<span class="sr"> {webhook.name}</span>
          </button>
          <button
            type="button"
            class="button small"
            onClick={() =>
              void attempt(
                () => service.webhooks.patch(webhook.id, { disabled: !isOff }),
                isOff ? 'Switched on' : 'Switched off',
              ).then(reload)
            }
          >
            {isOff ? 'Switch on' : 'Switch off'}
            <span class="sr"> {webhook.name}</span>
          </button>
          <button type="button" class="button small danger" onClick={() => void remove()}>
            Delete<span class="sr"> {webhook.name}</span>
          </button>
        </span>
      </div>
      <p class="quiet">
        <code>{webhook.url}</code> · {WEBHOOK_FORMAT_LABELS[webhook.format]} · when{' '}
        {webhook.events.map((event) => WEBHOOK_EVENT_LABELS[event]).join(', or ')}
        {webhook.rule !== null && (
          <>
            : <code>{webhook.rule}</code>
          </>
        )}
      </p>
      <details class="disclosure" open={isOpen.value} onToggle={(event) => (isOpen.value = event.currentTarget.open)}>
        <summary>Deliveries</summary>
        {isOpen.value && <Deliveries webhookId={webhook.id} sent={sent.value} />}
      </details>
    </article>
  );
}

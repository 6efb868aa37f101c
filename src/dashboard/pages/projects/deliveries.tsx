import { useEffect } from 'preact/hooks';
import type { Delivery } from '../../../vocabulary/index.ts';
import { poll } from '../../data/poll.ts';
import { service } from '../../data/service.ts';
import { whole } from '../../parts/format.ts';
import { Rows } from '../../parts/rows.tsx';
import { Fault } from '../../parts/states.tsx';
import { attempt } from '../../parts/toast.tsx';
import { useLoaded } from '../../parts/use-loaded.ts';
import { Until, When } from '../../parts/when.tsx';

const REFRESH_MS = 3000;
const NEWEST = 20;

/** What was sent to a webhook, the newest first; it is read again while it is open, and when `sent` changes. */
export function Deliveries({ webhookId, sent }: { webhookId: string; sent: number }) {
  const { value, fault, reload } = useLoaded(
    () => service.webhooks.deliveries(webhookId, { limit: NEWEST }),
    [webhookId, sent],
  );
  useEffect(() => {
    const ended = new AbortController();
    let isFirst = true;
    poll(async () => {
      if (!isFirst) await reload();
      isFirst = false;
      return REFRESH_MS;
    }, ended.signal);
    return () => ended.abort();
  }, [webhookId]);
  const replay = async ({ id }: Delivery) => {
    await attempt(() => service.webhooks.replay(webhookId, id), 'Sent again');
    await reload();
  };
  if (fault.value !== null) return <Fault of={fault.value} />;
  if (!value.value) return null;
  if (value.value.data.length === 0) return <p class="quiet">Nothing was sent yet.</p>;
  return (
    <Rows columns={['Event', 'Became', 'Attempts', 'When']} last="Actions">
      {value.value.data.map((delivery) => (
        <Row key={delivery.id} delivery={delivery} replay={() => void replay(delivery)} />
      ))}
    </Rows>
  );
}

const STATUS_WORDS: Record<Delivery['status'], string> = {
  waiting: '… waiting',
  delivered: '✓ delivered',
  failed: '✗ failed',
};

function Row({ delivery, replay }: { delivery: Delivery; replay: () => void }) {
  const last = delivery.attempts.at(-1);
  return (
    <tr>
      <th scope="row">
        {delivery.event}
        {delivery.runId !== null && (
          <a class="split" href={`/runs/${delivery.runId}`}>
            {delivery.runId}
          </a>
        )}
        <details class="disclosure">
          <summary>Message</summary>
          <pre class="values">{JSON.stringify(delivery.payload, null, 2)}</pre>
        </details>
      </th>
      <td data-label="Became">
        {STATUS_WORDS[delivery.status]}
        {delivery.status === 'waiting' && delivery.nextAt !== null && delivery.attempts.length > 0 && (
          <span class="split">
            next at <Until at={delivery.nextAt} />
          </span>
        )}
      </td>
      <td data-label="Attempts" class="whole">
        {whole(delivery.attempts.length)}
        {last && (
          <span class="split">
            {last.status ?? 'no answer'}, {whole(last.durationMs)} ms{last.error !== null && `: ${last.error}`}
          </span>
        )}
      </td>
      <td data-label="When">
        <When at={delivery.createdAt} />
      </td>
      <td class="do">
        {delivery.status !== 'waiting' && (
          <button type="button" class="button small" onClick={replay}>
            Send again
          </button>
        )}
      </td>
    </tr>
  );
}

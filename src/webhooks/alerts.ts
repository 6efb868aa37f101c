/**
 * Decides what webhooks are told. The ends of runs are noted in the database by whatever ends them; what happens while a
 * run trains is looked for when its log has grown, and once more at its end. A webhook is told of each thing once,
 * because the database takes a subject only once: so any number of processes may look at the same time, and one that
 * dies loses nothing.
 */
import type { Store, Telling, ToldRun } from '../store/store.ts';
import type { Webhook } from '../vocabulary/index.ts';

type AlertStore = Pick<Store, 'webhooks' | 'deliveries'>;

const ENDINGS_AT_ONCE = 20;

/** Tells of every run that has ended, and returns whether anything is to be sent. */
export async function tellOfEndings(store: AlertStore): Promise<boolean> {
  const endings = await store.deliveries.endings(ENDINGS_AT_ONCE);
  if (endings.length === 0) return false;
  const webhooks = await store.webhooks.enabled();
  for (const { run, project, at } of endings) {
    // A webhook learns nothing of what was before it.
    const told = webhooks.filter((webhook) => webhook.project === project && new Date(webhook.createdAt) <= at);
    for (const webhook of told) {
      const event = endEvent(run);
      if (event !== null && webhook.events.includes(event))
        await store.deliveries.add(webhook, { event, run, subject: `${event} ${run.id}` });
    }
    await tellOfRun(store, { run, project }, told);
  }
  await store.deliveries.forgetEndings(endings.map(({ run }) => run.id));
  await tellOfEndings(store);
  return true;
}

/** Tells what has become true of a run. Returns whether anything is to be sent. */
export async function tellOfRun(
  { deliveries }: AlertStore,
  { run, project }: ToldRun,
  webhooks: readonly Webhook[],
): Promise<boolean> {
  const told = webhooks.filter((webhook) => webhook.project === project);
  const isNew: boolean[] = [];
  const add = async (webhook: Webhook, telling: Omit<Telling, 'run'>): Promise<void> => {
    isNew.push((await deliveries.add(webhook, { ...telling, run })) !== null);
  };
  const ofLayers = told.filter(({ events }) => events.includes('layer.critical'));
  if (ofLayers.length > 0)
    for (const { layer, step, message } of await deliveries.criticalLayers(run.id))
      for (const webhook of ofLayers)
        await add(webhook, {
          event: 'layer.critical',
          subject: `layer.critical ${run.id} ${layer}`,
          more: { layer, step, message },
        });
  for (const webhook of told) {
    const { rule, events } = webhook;
    // The rule is part of the subject: another rule is another thing to be told of.
    if (events.includes('metric') && rule !== null && (await deliveries.holds(run.id, rule)))
      await add(webhook, { event: 'metric', subject: `metric ${run.id} ${rule}`, more: { rule } });
  }
  return isNew.includes(true);
}

const endEvent = ({ status }: ToldRun['run']) =>
  status === 'succeeded' ? 'run.finished' : status === 'failed' ? 'run.failed' : null;

import type { EventMessage } from '../../../client/client.ts';
import { kindOf, type MarkKind } from '../../data/marks.ts';
import { whole } from '../../parts/format.ts';

const SHOWN = 60;
const SIGNS: Record<MarkKind, string> = { died: '×', revived: '↑', other: '·' };

/** What happened, newest first. A click shows the neurons at that step. */
export function EventsPanel({ events, look }: { events: EventMessage[]; look: (step: number) => void }) {
  const newest = events.slice(-SHOWN).reverse();
  return (
    <section class="panel" aria-label="Events">
      <div class="panel-head">
        <h2>Events</h2>
        {events.length > SHOWN && <span class="faint">latest {SHOWN}</span>}
      </div>
      {newest.length === 0 ? (
        <p class="panel-body faint">No events yet. Deaths, revivals and status changes appear here.</p>
      ) : (
        <ol class="events" tabIndex={0} aria-label="Events, newest first">
          {newest.map(({ seq, step, event }) => (
            <li key={seq} class={`${event.level} ${kindOf(event)}`}>
              <button type="button" onClick={() => look(step)}>
                <span class="num faint">
                  <span class="sr">step </span>
                  {whole(step)}
                </span>
                <i aria-hidden="true">{SIGNS[kindOf(event)]}</i>
                <span>{event.message}</span>
              </button>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

/** Events of a run in order, from the stream and from the past that is fetched, whichever comes first. */
import type { EventMessage } from '../../client/client.ts';

/**
 * `known` is in order of seq. The result has every event once, the newest `most`; `fresh` are those that were not known.
 */
export function addEvents(
  known: readonly EventMessage[],
  more: readonly EventMessage[],
  most: number,
): { events: EventMessage[]; fresh: EventMessage[] } {
  const seqs = new Set(known.map(({ seq }) => seq));
  const fresh = more.filter(({ seq }) => !seqs.has(seq));
  const last = known.at(-1)?.seq ?? 0;
  const events = [...known, ...fresh];
  if (fresh.some(({ seq }) => seq < last)) events.sort((one, other) => one.seq - other.seq);
  return { events: events.slice(-most), fresh };
}

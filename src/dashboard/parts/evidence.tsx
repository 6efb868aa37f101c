/** Figures behind a statement, folded away until they are asked for: by mouse, touch or keyboard. */
import type { ComponentChildren } from 'preact';
import { apart, isObject } from '../../vocabulary/index.ts';
import { number } from './format.ts';

export const Disclosure = ({ summary, children }: { summary: string; children: ComponentChildren }) => (
  <details class="disclosure">
    <summary>{summary}</summary>
    <div>{children}</div>
  </details>
);

export function EvidenceList({ evidence }: { evidence: Readonly<Record<string, unknown>> }) {
  const known = Object.entries(evidence).filter(([, value]) => value !== null && value !== undefined);
  return (
    <dl class="evidence">
      {known.map(([name, value]) => (
        <div key={name}>
          <dt>{apart(name)}</dt>
          <dd class="num">{inWords(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

const MOST_ENTRIES = 12;

function inWords(value: unknown): string {
  if (typeof value === 'number') return number(value);
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) {
    const shown = value.slice(0, MOST_ENTRIES).map(inWords);
    const rest = value.length - shown.length;
    return [shown.join(value.some(isObject) ? '; ' : ', ') || 'none', ...(rest > 0 ? [`and ${rest} more`] : [])].join(
      ' ',
    );
  }
  if (isObject(value)) {
    const entries = Object.entries(value);
    const isNested = entries.some(([, entry]) => isObject(entry));
    return entries
      .map(([name, entry]) => `${apart(name)}${isNested ? ':' : ''} ${inWords(entry)}`)
      .join(isNested ? '; ' : ', ');
  }
  return 'unknown';
}

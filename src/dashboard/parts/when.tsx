import { ago } from './format.ts';

/** A time in the past. */
export const When = ({ at, never = 'never' }: { at: string | null; never?: string }) =>
  at === null ? (
    <span class="faint">{never}</span>
  ) : (
    <time dateTime={at} title={at}>
      {ago(at)}
    </time>
  );

/** A time at which something ends. */
export function Until({ at, never = 'never' }: { at: string | null; never?: string }) {
  if (at === null) return <span class="faint">{never}</span>;
  const isOver = Date.parse(at) <= Date.now();
  return (
    <time dateTime={at} title={at} class={isOver ? 'faint' : ''}>
      {isOver ? 'expired ' : ''}
      {new Date(at).toLocaleDateString('en', { day: 'numeric', month: 'short', year: 'numeric' })}
    </time>
  );
}

/** What a page shows instead of data: each says what to do next. */
import type { ComponentChildren } from 'preact';
import { RelumineApiError } from '../data/service.ts';

export const Empty = ({ title, children }: { title: string; children: ComponentChildren }) => (
  <div class="empty">
    <div class="lamps" aria-hidden="true">
      {Array.from({ length: 15 }, (_, i) => (
        <i key={i} />
      ))}
    </div>
    <h2>{title}</h2>
    {children}
  </div>
);

export function Fault({ of: fault, retry }: { of: unknown; retry?: () => void }) {
  const reached = fault instanceof RelumineApiError && fault.code !== 'UNREACHABLE';
  return (
    <div class="notice bad" role="alert">
      <div class="row">
        <span>
          {reached
            ? fault.message
            : 'The service does not respond. This page keeps trying; if this message stays, check that the server is running.'}
        </span>
        {retry && (
          <button type="button" class="button small" onClick={retry}>
            Try again
          </button>
        )}
      </div>
    </div>
  );
}

/** Components in files of their own, fetched when they are first shown: the first load stays small. */
import { signal } from '@preact/signals';
import type { ComponentType, FunctionComponent } from 'preact';
import { useEffect } from 'preact/hooks';

type Part<Props> =
  | { state: 'waiting' }
  | { state: 'loading' }
  | { state: 'ready'; Component: ComponentType<Props> }
  | { state: 'failed' };

export interface Lazy<Props> extends FunctionComponent<Props> {
  /** Fetches the file now. Ends at once where it was fetched before. */
  fetch: () => Promise<void>;
}

/**
 * `lazily(() => import('./big-panel.tsx').then(({ BigPanel }) => BigPanel))` is a component with the same properties. Its
 * style sheet is loaded with it where the file imports one.
 */
export function lazily<Props extends object>(load: () => Promise<ComponentType<Props>>): Lazy<Props> {
  const part = signal<Part<Props>>({ state: 'waiting' });
  const fetch = async () => {
    if (part.value.state !== 'waiting') return;
    part.value = { state: 'loading' };
    try {
      part.value = { state: 'ready', Component: await load() };
    } catch (error) {
      console.warn('A part of the page could not be loaded.', error);
      part.value = { state: 'failed' };
    }
  };
  function Lazily(props: Props) {
    const now = part.value;
    useEffect(() => void fetch(), []);
    if (now.state === 'ready') return <now.Component {...props} />;
    return now.state === 'failed' ? <NotLoaded /> : <Loading />;
  }
  return Object.assign(Lazily, { fetch });
}

/** The words appear after a moment only: most parts are there sooner. */
const Loading = () => (
  <div class="loading" role="status">
    <span>Loading…</span>
  </div>
);

/**
 * A reload is the way that always works: after an update of the service the old file is gone, and a browser may
 * remember a failed import for as long as the document lives.
 */
const NotLoaded = () => (
  <div class="notice bad not-loaded" role="alert">
    <div class="row">
      <span>This part of the page could not be loaded. The service may be unreachable, or may have been updated.</span>
      <button type="button" class="button small" onClick={() => location.reload()}>
        Reload the page
      </button>
    </div>
  </div>
);

/** The page's own addresses. The server answers each of them with the same document. */
import { computed, signal } from '@preact/signals';

const here = () => ({
  path: location.pathname,
  query: new URLSearchParams(location.search),
  fragment: location.hash.slice(1),
});
export const address = signal(here());

export type Route =
  | { page: 'runs' }
  | { page: 'new' }
  | { page: 'run'; id: string }
  | { page: 'compare'; ids: string[] }
  | { page: 'missing' };

export const route = computed((): Route => {
  const { path, query } = address.value;
  if (path === '/') return { page: 'runs' };
  if (path === '/new') return { page: 'new' };
  if (path === '/compare') return { page: 'compare', ids: (query.get('runs') ?? '').split(',').filter(Boolean) };
  const run = /^\/runs\/([^/]+)$/.exec(path);
  return run ? { page: 'run', id: decodeURIComponent(run[1]!) } : { page: 'missing' };
});

/**
 * The form, filled with a run's job after a JSON merge patch. The patch is in the fragment: a reload keeps it, and it may
 * be longer than a server would read.
 */
export const patchedJobPath = (runId: string, patch: object): string =>
  `/new?from=${encodeURIComponent(runId)}#${encodeURIComponent(JSON.stringify(patch))}`;

export function navigate(to: string, options: { replace?: boolean } = {}): void {
  history[options.replace ? 'replaceState' : 'pushState'](null, '', to);
  address.value = here();
  if (!options.replace) scrollTo(0, 0);
}

/**
 * Makes ordinary links navigate without a page load; modified clicks, downloads and other targets are left to the browser.
 */
export function startRouter(): void {
  addEventListener('popstate', () => {
    address.value = here();
  });
  document.addEventListener('click', (event) => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = (event.target as Element).closest('a');
    if (
      !link ||
      link.origin !== location.origin ||
      link.target ||
      link.hasAttribute('download') ||
      !isOurs(link.pathname)
    )
      return;
    event.preventDefault();
    navigate(link.pathname + link.search + link.hash);
  });
}

const isOurs = (path: string) => path === '/' || path === '/new' || path === '/compare' || path.startsWith('/runs/');

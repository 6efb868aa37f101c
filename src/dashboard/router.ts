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
  | { page: 'compare' }
  | { page: 'datasets' }
  | { page: 'dataset'; id: string }
  | { page: 'missing' };

export const route = computed((): Route => {
  const { path } = address.value;
  if (path === '/') return { page: 'runs' };
  if (path === '/new') return { page: 'new' };
  if (path === '/datasets') return { page: 'datasets' };
  if (path === '/compare') return { page: 'compare' };
  const [, folder, name] = /^\/(runs|datasets)\/([^/]+)$/.exec(path) ?? [];
  const id = name && decoded(name);
  if (!id) return { page: 'missing' };
  return folder === 'runs' ? { page: 'run', id } : { page: 'dataset', id };
});

/** Null where the address has an invalid escape. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/**
 * The form, filled with a run's job after a JSON merge patch. The patch is in the fragment: a reload keeps it, and it may
 * be longer than a server would read.
 */
export const patchedJobPath = (runId: string, patch: object): string =>
  `/new?from=${encodeURIComponent(runId)}#${encodeURIComponent(JSON.stringify(patch))}`;

/**
 * `replace` changes the present entry of the browser's history, otherwise there is a new one; a new page begins at its
 * top. The signal changes at once. Replacements reach the browser a moment later, many as one: browsers refuse more than
 * about ten changes per second, and a slider makes more.
 */
export function navigate(to: string, options: { replace?: boolean; isSamePage?: boolean } = {}): void {
  if (options.replace) {
    unwritten = to;
    writeTimer ||= window.setTimeout(writeAddress, WRITE_EVERY_MS);
  } else {
    writeAddress();
    history.pushState(null, '', to);
  }
  const { pathname, searchParams, hash } = new URL(to, location.href);
  address.value = { path: pathname, query: searchParams, fragment: hash.slice(1) };
  if (!options.replace && !options.isSamePage) scrollTo(0, 0);
}

const WRITE_EVERY_MS = 200;
let unwritten: string | null = null,
  writeTimer = 0;

/** The whole address of what is on the screen now. */
export function linkHere(): string {
  writeAddress();
  return location.href;
}

function writeAddress(): void {
  clearTimeout(writeTimer);
  writeTimer = 0;
  if (unwritten !== null) history.replaceState(null, '', unwritten);
  unwritten = null;
}

/**
 * Makes ordinary links navigate without a page load; modified clicks, downloads and other targets are left to the browser.
 */
export function startRouter(): void {
  addEventListener('popstate', () => {
    // The browser has left the entry that an unwritten change was of.
    unwritten = null;
    address.value = here();
  });
  addEventListener('pagehide', writeAddress);
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

const isOurs = (path: string) => /^\/(|new|compare|datasets|(runs|datasets)\/[^/]+)$/.test(path);

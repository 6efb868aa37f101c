/** The page's own addresses. The server answers each of them with the same document. */
import { computed, signal } from '@preact/signals';

const here = () => ({
  path: location.pathname,
  query: new URLSearchParams(location.search),
  fragment: location.hash.slice(1),
});
export const address = signal(here());

export type Route =
  | { page: PlainPage | 'missing' }
  | { page: 'run' | 'dataset' | 'project'; id: string }
  /** `id` is the token of a share link. */
  | { page: 'shared' | 'embed'; id: string };

const PLAIN_PAGES = {
  '/': 'runs',
  '/new': 'new',
  '/compare': 'compare',
  '/datasets': 'datasets',
  '/sign-in': 'signIn',
  '/invitation': 'invitation',
  '/account': 'account',
  '/projects': 'projects',
  '/people': 'people',
  '/audit': 'audit',
} as const;
type PlainPage = (typeof PLAIN_PAGES)[keyof typeof PLAIN_PAGES];
const PAGES_WITH_ID = {
  runs: 'run',
  datasets: 'dataset',
  projects: 'project',
  shared: 'shared',
  embed: 'embed',
} as const;

export const route = computed((): Route => routeOf(address.value.path));

function routeOf(path: string): Route {
  if (isKeyOf(PLAIN_PAGES, path)) return { page: PLAIN_PAGES[path] };
  const [, folder = '', name = ''] = /^\/(\w+)\/([^/]+)$/.exec(path) ?? [];
  const id = decoded(name);
  return id && isKeyOf(PAGES_WITH_ID, folder) ? { page: PAGES_WITH_ID[folder], id } : { page: 'missing' };
}
const isKeyOf = <T extends object>(map: T, key: PropertyKey): key is keyof T => Object.hasOwn(map, key);

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

/** What a share link shows is loaded anew: such a page has the rights of its link, and no others. */
const isOurs = (path: string): boolean =>
  !isOfLink(location.pathname) && !isOfLink(path) && routeOf(path).page !== 'missing';
const isOfLink = (path: string): boolean => /^\/(shared|embed)\//.test(path);

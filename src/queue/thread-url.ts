/** Worker entries lie beside us as .js once built, as .ts in the sources. */
export function threadUrl(path: string, from = import.meta.url): URL {
  return new URL(path + (from.endsWith('.ts') ? '.ts' : '.js'), from);
}

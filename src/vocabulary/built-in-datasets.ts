/** The built-in data sets as the API lists them. `datasets/` makes their samples from the same table. */
import type { DatasetKind, Task } from './dataset.ts';

interface BuiltIn {
  kind: Exclude<DatasetKind, 'uploaded'>;
  task: Task;
  samples: number;
  features: number;
  outputs: number;
  noise?: number;
  description: string;
}

export const BUILT_IN_DATASETS = {
  mnist: {
    kind: 'real',
    task: 'classification',
    samples: 70_000,
    features: 784,
    outputs: 10,
    description:
      'Handwritten digits, 28 x 28 grey pixels: 60,000 training images, then 10,000 test images. Without a limit, a validationSplit of 1/7 holds out exactly the test images.',
  },
  iris: {
    kind: 'real',
    task: 'classification',
    samples: 150,
    features: 4,
    outputs: 3,
    description: "Fisher's iris flowers: sepal and petal length and width in cm.",
  },
  xor: {
    kind: 'synthetic',
    task: 'classification',
    samples: 1000,
    features: 2,
    outputs: 2,
    noise: 0.1,
    description:
      'Points in the four quadrants, away from the axes; the class is whether both coordinates have the same sign.',
  },
  circles: {
    kind: 'synthetic',
    task: 'classification',
    samples: 1000,
    features: 2,
    outputs: 2,
    noise: 0.05,
    description: 'A circle inside a circle.',
  },
  moons: {
    kind: 'synthetic',
    task: 'classification',
    samples: 1000,
    features: 2,
    outputs: 2,
    noise: 0.1,
    description: 'Two interleaved half circles.',
  },
  spirals: {
    kind: 'synthetic',
    task: 'classification',
    samples: 1000,
    features: 2,
    outputs: 2,
    noise: 0.02,
    description: 'Two interleaved spirals.',
  },
  gaussians: {
    kind: 'synthetic',
    task: 'classification',
    samples: 1000,
    features: 2,
    outputs: 4,
    noise: 0.3,
    description: 'Four clouds of points on the corners of a square.',
  },
  absolute: {
    kind: 'synthetic',
    task: 'regression',
    samples: 3000,
    features: 1,
    outputs: 1,
    noise: 0,
    description: 'y = |x| for x uniform in [-sqrt 3, sqrt 3], the target of Lu et al. (2020).',
  },
  sine: {
    kind: 'synthetic',
    task: 'regression',
    samples: 1000,
    features: 1,
    outputs: 1,
    noise: 0,
    description: 'y = sin(x) for x uniform in [-pi, pi].',
  },
} as const satisfies Record<string, BuiltIn>;
export type BuiltInDataset = keyof typeof BUILT_IN_DATASETS;

export const isBuiltInDataset = (name: string): name is BuiltInDataset => Object.hasOwn(BUILT_IN_DATASETS, name);

/** Data sets whose files come with a package of the system, not with Relumine. `reason` says how to get them. */
export const PACKAGED_DATASETS = {
  'fashion-mnist': {
    kind: 'real',
    task: 'classification',
    samples: 70_000,
    features: 784,
    outputs: 10,
    description: 'Pictures of clothes, 28 x 28 grey pixels: 60,000 training images, and 10,000 test images apart.',
    // The table of labels in https://github.com/zalandoresearch/fashion-mnist#labels.
    classes: ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
    reason:
      'Its files are not here. Install the Debian package dataset-fashion-mnist, or put the four IDX files of Fashion-MNIST into the folder fashion-mnist of DATASETS_DIR.',
  },
} as const satisfies Record<string, BuiltIn & { classes: string[]; reason: string }>;
export type PackagedDataset = keyof typeof PACKAGED_DATASETS;

export const isPackagedDataset = (name: string): name is PackagedDataset => Object.hasOwn(PACKAGED_DATASETS, name);

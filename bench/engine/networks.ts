/** The networks to measure, and the limits: our time as a share of a contestant's, at most. */
export interface BenchNetwork {
  name: string;
  sizes: number[];
  batchSize: number;
  task: 'classification' | 'regression';
  limits: { torch: number; tfjsFit: number | null; countersOff: number };
}

export const NETWORKS: readonly BenchNetwork[] = [
  {
    name: '784-256-128-10',
    sizes: [784, 256, 128, 10],
    batchSize: 64,
    task: 'classification',
    limits: { torch: 1, tfjsFit: 1 / 5, countersOff: 1.05 },
  },
  {
    name: '784-1024-1024-10',
    sizes: [784, 1024, 1024, 10],
    batchSize: 128,
    task: 'classification',
    limits: { torch: 1.15, tfjsFit: null, countersOff: 1.05 },
  },
  {
    name: '20-64-64-64-64-2',
    sizes: [20, 64, 64, 64, 64, 2],
    batchSize: 32,
    task: 'classification',
    limits: { torch: 0.35, tfjsFit: 1 / 40, countersOff: 1.2 },
  },
  {
    name: '2-8-8-2',
    sizes: [2, 8, 8, 2],
    batchSize: 32,
    task: 'classification',
    limits: { torch: 0.12, tfjsFit: 1 / 100, countersOff: 1.2 },
  },
  {
    name: '1-(2x10)-1',
    sizes: [1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1],
    batchSize: 32,
    task: 'regression',
    limits: { torch: 0.2, tfjsFit: 1 / 50, countersOff: 1.2 },
  },
];

/** Rows of the data set: more than fit in the first-level cache, as in real training. */
export const SAMPLES = 4096;

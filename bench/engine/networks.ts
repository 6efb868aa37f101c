/** The networks to measure, and the limits. */
import { cpus } from 'node:os';

/** Our time as a share of a contestant's, at most; null where nothing is promised. */
export interface Limits {
  torch: number | null;
  jax: number | null;
  tfjsFit: number | null;
  countersOff: number;
  /** After 35,000 steps, as a share of the first 4,000; null where they take minutes, and the row is left out. */
  aged: number | null;
  /** Milliseconds of a step of ours. */
  ownMs: number | null;
}

export interface BenchNetwork {
  name: string;
  sizes: number[];
  batchSize: number;
  task: 'classification' | 'regression';
  limits: Limits;
}

const isIntel = cpus()[0]?.model.includes('Intel') ?? false;

const large = (torch: number, jax: number, aged: number | null): Limits => ({
  torch,
  jax,
  tfjsFit: null,
  countersOff: 1.03,
  aged,
  ownMs: null,
});
const small = (torch: number | null, jax: number | null, ownMs: number | null = null): Limits => ({
  torch,
  jax,
  tfjsFit: null,
  countersOff: 1.1,
  aged: 1.05,
  ownMs,
});

export const NETWORKS: readonly BenchNetwork[] = [
  {
    name: '784-256-128-10',
    sizes: [784, 256, 128, 10],
    batchSize: 64,
    task: 'classification',
    limits: { ...large(0.65, 1.05, 1.05), tfjsFit: 1 / 5 },
  },
  {
    name: '784-1024-1024-10',
    sizes: [784, 1024, 1024, 10],
    batchSize: 128,
    task: 'classification',
    limits: isIntel ? large(1.2, 1.9, null) : large(0.75, 1.15, null),
  },
  {
    name: '20-64-64-64-64-2',
    sizes: [20, 64, 64, 64, 64, 2],
    batchSize: 32,
    task: 'classification',
    limits: { ...small(0.18, 1.4), tfjsFit: 1 / 40 },
  },
  {
    name: '2-8-8-2',
    sizes: [2, 8, 8, 2],
    batchSize: 32,
    task: 'classification',
    limits: { ...small(0.007, 0.15), tfjsFit: 1 / 100 },
  },
  {
    name: '1-(2x10)-1',
    sizes: [1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1],
    batchSize: 32,
    task: 'regression',
    limits: { ...small(0.003, 0.05), tfjsFit: 1 / 50 },
  },
  {
    name: '20-32-32-2',
    sizes: [20, 32, 32, 2],
    batchSize: 32,
    task: 'classification',
    limits: small(null, null),
  },
  {
    name: '784-128-64-10',
    sizes: [784, 128, 64, 10],
    batchSize: 64,
    task: 'classification',
    limits: { ...small(null, null), countersOff: 1.03 },
  },
  // One sample after another: a million steps in 3 s.
  { name: '20-5-1', sizes: [20, 5, 1], batchSize: 1, task: 'regression', limits: small(null, null, 0.003) },
  { name: '64-64-10', sizes: [64, 64, 10], batchSize: 16, task: 'classification', limits: small(null, null) },
];

/** Rows of the data set: more than fit in the first-level cache, as in real training. */
export const SAMPLES = 4096;

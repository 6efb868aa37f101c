/** Bodies and queries that pass validation, which a schema alone does not tell: they fit together, and to what exists. */
import { ACTIVATIONS } from '../../../src/vocabulary/index.ts';
import type { Draw } from './draw.ts';
import type { Things } from './things.ts';

type Maker = (draw: Draw, things: Things) => unknown;

const name = (draw: Draw, noun: string): string => `${noun} ${draw.below(1_000_000)}`;

/** Jobs that train for a moment. */
const smallJob: Maker = (draw, things) => ({
  name: name(draw, 'fuzzed'),
  experiment: draw.pick(['', 'fuzz', 'dying-relu']),
  tags: draw.pick([[], ['a'], ['a', 'b']]),
  dataset: draw.pick<unknown>([
    { name: 'xor' },
    { name: 'spirals', samples: draw.pick([20, 50]), seed: draw.below(10) },
    { name: 'iris', validationSplit: draw.pick([0, 0.1, 0.5]) },
    { inputs: [[0], [1], [2], [3]], targets: [0, 1, 0, 1], task: 'classification' },
    { inputs: [[0.5], [1.5], [2.5], [3.5]], targets: [1, 2, 3, 4], task: 'regression', normalizeTargets: 'standard' },
    { name: things.pick(draw, 'dataset') },
  ]),
  model: {
    layers: Array.from({ length: draw.below(4) }, () =>
      draw.pick<unknown>([
        { type: 'dense', units: 1 + draw.below(8), activation: draw.pick(ACTIVATIONS) },
        { type: 'dense', units: 1 + draw.below(8) },
        { type: 'batchNormalization' },
        { type: 'dropout', rate: 0.1 },
      ]),
    ),
  },
  training: {
    epochs: 1 + draw.below(3),
    batchSize: draw.pick([1, 16, 32]),
    seed: draw.below(1000),
    optimizer: draw.pick<unknown>([
      'adam',
      { type: 'sgd', learningRate: 0.1, momentum: 0.9 },
      { type: 'adamw', learningRate: 0.001, weightDecay: 0.01 },
    ]),
  },
});

export const BODIES: Readonly<Record<string, Maker>> = {
  'POST /v1/runs': smallJob,
  'PATCH /v1/runs/{id}': (draw) => ({ name: name(draw, 'renamed'), notes: 'seen', tags: ['c'] }),
  'POST /v1/runs/{id}/fork': (draw) => ({ checkpoint: 'final', patch: { training: { epochs: 1 + draw.below(5) } } }),
  'POST /v1/runs/{id}/predict': (draw) => ({
    inputs: draw.pick([
      [[0, 1]],
      [
        [0.5, -0.5],
        [1, 1],
      ],
      [[1, 2, 3, 4]],
    ]),
  }),
  'POST /v1/runs/{id}/comments': () => ({ text: 'Dead since step 400' }),
  'PATCH /v1/runs/{id}/comments/{comment}': () => ({ text: 'Dead since step 300' }),
  'POST /v1/runs/{id}/trials': () => ({ advice: 'all', seeds: 1 }),
  'POST /v1/datasets': (draw) => ({
    name: name(draw, 'rows'),
    inputs: [[0], [1]],
    targets: [0, 1],
    task: 'classification',
  }),
  'POST /v1/projects': (draw) => ({ name: name(draw, 'project') }),
  'POST /v1/views': (draw) => ({ name: name(draw, 'view'), page: 'runs', state: 'orderBy=valLoss' }),
  'POST /v1/keys': (draw) => ({ name: name(draw, 'key'), scopes: [draw.pick(['read', 'write', 'admin'])] }),
  'POST /v1/people': (draw) => ({ name: name(draw, 'service'), isService: true }),
  'POST /v1/invitations': () => ({ project: 'default', role: 'viewer' }),
  'POST /v1/webhooks': (draw) => ({
    name: name(draw, 'hook'),
    url: 'https://hooks.example.org/',
    events: ['run.finished'],
    project: 'default',
  }),
  'POST /v1/share-links': (draw, things) => ({ kind: 'run', runs: [things.pick(draw, 'run')] }),
};

/** Texts for queries that are more than a word. */
export const QUERIES: Readonly<Record<string, readonly string[]>> = {
  filter: [
    'summary.valLoss < 0.1 and spec.training.optimizer.type = "adam"',
    'name contains "fuzz" or not (status in ("failed", "cancelled"))',
    'createdAt > 2026-01-01',
  ],
  orderBy: ['createdAt', '-valLoss', 'spec.training.optimizer.learningRate:desc'],
  by: ['status', 'spec.training.optimizer.type,spec.training.optimizer.learningRate'],
  keys: ['loss', 'loss,valLoss', 'valLoss'],
  points: ['500', 'all', '2'],
  step: ['0', '1', '5'],
  checkpoint: ['best', 'final'],
  project: ['default'],
};

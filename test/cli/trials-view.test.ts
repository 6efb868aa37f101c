import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeProgress, describeTrials } from '../../src/cli/trials-view.ts';
import type { Measured, Trial, Trials, TriedAdvice } from '../../src/vocabulary/index.ts';

const trial = (more: Partial<Trial> = {}): Trial => ({
  runId: 'run',
  seed: 1,
  outcome: 'measured',
  isFixed: false,
  score: 0.5,
  ...more,
});
const piece = (code: TriedAdvice['code'], measured: Partial<Measured> | null, more: Partial<TriedAdvice> = {}) => ({
  code,
  addresses: [],
  reason: '',
  evidence: {},
  limits: '',
  patch: {},
  change: [{ path: 'training.optimizer.learningRate', from: 0.1, to: 0.01 }],
  trials: [trial()],
  ...(measured && {
    measured: {
      runs: 3,
      fixed: 0,
      metric: 'valLoss' as const,
      before: 0.42,
      after: 0.42,
      effect: 0,
      interval: null,
      agrees: false,
      ...measured,
    },
  }),
  ...more,
});
const trials = (pieces: TriedAdvice[], more: Partial<Trials> = {}): Trials => ({
  object: 'trials',
  runId: 'run_1',
  status: 'finished',
  criterion: 'A run is fixed if ...',
  seeds: [1, 2, 3],
  progress: { ended: 3, total: 12 },
  runs: [],
  untouched: [trial({ isFixed: true }), trial(), trial({ outcome: 'cancelled' })],
  pieces,
  createdAt: '',
  finishedAt: null,
  ...more,
});

test('trials are a table of what each piece came to, and say how to take the best one', () => {
  const text = describeTrials(
    trials([
      piece('moreUnits', { fixed: 3, after: 0.03, effect: -0.39, agrees: true }),
      piece(
        'elu',
        { fixed: 1, metric: 'valAccuracy', before: 0.5, after: 0.75, effect: 0.25, agrees: true },
        {
          combines: ['elu', 'clipGradients'],
        },
      ),
      piece('selu', { after: 0.5, effect: 0.08, agrees: true }),
      piece('prelu', { after: null, effect: null }, { trials: [trial({ outcome: 'diverged' }), trial()] }),
      piece('leakyRelu', {}),
      piece('trainLonger', { runs: 1 }),
      piece('reduceLearningRate', null),
    ]),
    'latest',
  );
  assert.deepEqual(text.split('\n'), [
    'More units                 fixed 3 of 3  validation loss 0.4200 -> 0.03000     better with every seed',
    'ELU and Gradient clipping  fixed 1 of 3  validation accuracy 50.0 % -> 75.0 %  better with every seed',
    'SELU                       fixed 0 of 3  validation loss 0.4200 -> 0.5000      worse with every seed',
    'PReLU                      fixed 0 of 3  validation loss 0.4200 -> -           1 diverged or failed',
    'Leaky ReLU                 fixed 0 of 3  validation loss 0.4200 -> 0.4200      seeds disagree',
    'Longer training            fixed 0 of 1  validation loss 0.4200 -> 0.4200      one seed',
    'Lower learning rate        not measured',
    'untouched                  fixed 1 of 2',
    '',
    'A run is fixed if ...',
    '',
    'The one to take: More units',
    '  learning rate: 0.1 -> 0.01',
    'To submit the job with it: relumine take latest',
  ]);
});

test('the command to take a piece can be pasted, whatever the run is called', () => {
  const fixed = trials([piece('elu', { fixed: 3 })]);
  for (const [name, pasted] of [
    ['latest~1', 'latest~1'],
    ['deep, narrow', "'deep, narrow'"],
    ["it's $(here)", String.raw`'it'\''s $(here)'`],
  ] as const)
    assert.equal(describeTrials(fixed, name).split('relumine take ')[1], pasted);
});

test('trials that fixed nothing say so', () => {
  assert.match(describeTrials(trials([piece('elu', {})]), 'latest'), /\n\nNo piece of advice fixed it\.$/);
});

test('a rescued job is better although there was nothing to compare with', () => {
  const text = describeTrials(trials([piece('elu', { before: null, after: 1, effect: null, agrees: true })]), 'latest');
  assert.match(text, /validation loss - -> 1\s+better with every seed/);
});

test('the progress of trials is a bar with numbers', () => {
  assert.equal(
    describeProgress(trials([], { status: 'running' })),
    '██████░░░░░░░░░░░░░░░░░░  3 of 12 trials  running',
  );
});

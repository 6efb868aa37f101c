import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describeDiagnosis } from '../../src/cli/diagnosis-view.ts';
import type { Diagnosis } from '../../src/vocabulary/index.ts';

const DIAGNOSIS: Diagnosis = {
  object: 'diagnosis',
  step: 3420,
  findings: [
    {
      code: 'networkCollapsed',
      severity: 'critical',
      layer: 'dense_3',
      since: 912,
      message: 'The network has become constant.',
      cause: { code: 'largeUpdate', confidence: 0.7, evidence: { learningRate: 0.3 } },
    },
    { code: 'rareNeurons', severity: 'info', layer: null, since: null, message: 'Some are rare.', cause: null },
  ],
  advice: [
    {
      code: 'reduceLearningRate',
      addresses: ['largeUpdate'],
      reason: 'Updates are too large.',
      evidence: {},
      limits: 'It revives nothing.',
      patch: { training: { optimizer: { learningRate: 0.003 } } },
      change: [{ path: 'training.optimizer.learningRate', from: 0.1, to: 0.003 }],
    },
  ],
};

it('a diagnosis in the terminal gives findings with their causes, and each change before it is made', () => {
  assert.equal(
    describeDiagnosis(DIAGNOSIS),
    [
      'Findings as of step 3,420',
      '  critical: The network has become constant.',
      '    cause: a large update',
      '  note: Some are rare.',
      '',
      'What to change',
      '  1. Lower learning rate, against a large update',
      '     learning rate: 0.1 -> 0.003',
      '     Updates are too large.',
      '     Limits: It revives nothing.',
    ].join('\n'),
  );
});

it('after trials each piece says what they measured', () => {
  const measured = {
    runs: 3,
    fixed: 3,
    metric: 'valLoss' as const,
    before: 0.42,
    after: 0.03,
    effect: -0.39,
    interval: null,
    agrees: true,
  };
  const advice = [{ ...DIAGNOSIS.advice[0]!, measured }];
  assert.match(
    describeDiagnosis({ ...DIAGNOSIS, advice }),
    /trials: fixed 3 of 3, validation loss 0\.4200 -> 0\.03000, better with every seed/,
  );
});

it('without advice the reason is given', () => {
  const none = {
    ...DIAGNOSIS.advice[0]!,
    code: 'none' as const,
    addresses: [],
    change: [],
    reason: 'No change is needed.',
  };
  assert.match(describeDiagnosis({ ...DIAGNOSIS, advice: [none] }), /What to change\n {2}No change is needed\.$/);
});

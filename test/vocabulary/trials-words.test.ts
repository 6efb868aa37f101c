import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adviceName, effectInWords, type Measured } from '../../src/vocabulary/index.ts';

const measured = (change: Partial<Measured>): Measured => ({
  runs: 3,
  fixed: 3,
  metric: 'valLoss',
  before: 0.42,
  after: 0.03,
  effect: -0.39,
  interval: [-0.4, -0.3],
  agrees: true,
  ...change,
});

test('better is said only where all seeds agree', () => {
  assert.equal(effectInWords(measured({})), 'better with every seed');
  assert.equal(effectInWords(measured({ metric: 'r2' })), 'worse with every seed');
  assert.equal(effectInWords(measured({ agrees: false })), 'seeds disagree');
  assert.equal(effectInWords(measured({ runs: 1, agrees: false })), 'one seed');
});

test('a run without a figure is worse than any that has one', () => {
  assert.equal(effectInWords(measured({ before: null, effect: null })), 'better with every seed');
  assert.equal(effectInWords(measured({ after: null, effect: null, metric: 'r2' })), 'worse with every seed');
  assert.equal(effectInWords(measured({ before: null, after: null, effect: null })), 'seeds disagree');
});

test('a pair is called by both of its pieces', () => {
  assert.equal(adviceName({ code: 'moreUnits' }), 'More units');
  assert.equal(adviceName({ code: 'moreUnits', combines: ['moreUnits', 'elu'] }), 'More units and ELU');
});

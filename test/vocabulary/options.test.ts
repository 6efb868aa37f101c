import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ACTIVATION_OPTIONS,
  FINAL_STATUSES,
  fill,
  INITIALIZER_OPTIONS,
  isFinal,
  OPTIMIZER_OPTIONS,
  RUN_STATUSES,
  SCHEDULE_OPTIONS,
} from '../../src/vocabulary/index.ts';

describe('a choice that is filled in', () => {
  it('takes the defaults of its name', () => {
    assert.deepEqual(fill(ACTIVATION_OPTIONS, 'leakyRelu'), { type: 'leakyRelu', alpha: 0.01 });
    assert.deepEqual(fill(ACTIVATION_OPTIONS, 'relu'), { type: 'relu' });
    assert.deepEqual(fill(INITIALIZER_OPTIONS, 'randomUniform'), {
      type: 'randomUniform',
      minval: -0.05,
      maxval: 0.05,
    });
  });

  it('keeps what was given, 0 and false included', () => {
    assert.deepEqual(fill(OPTIMIZER_OPTIONS, { type: 'adamw', weightDecay: 0 }), {
      type: 'adamw',
      learningRate: 0.001,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0,
    });
  });

  it('has its options in the order of the map, whatever order they were given in', () => {
    const step = fill(SCHEDULE_OPTIONS, { gamma: 0.5, stepSize: 10, type: 'step' });
    assert.equal(JSON.stringify(step), '{"type":"step","warmupSteps":0,"stepSize":10,"gamma":0.5}');
  });
});

it('a run is final when it succeeded, failed or was cancelled', () => {
  assert.deepEqual(FINAL_STATUSES, ['succeeded', 'failed', 'cancelled']);
  assert.deepEqual(
    RUN_STATUSES.filter((status) => !isFinal(status)),
    ['queued', 'running', 'paused'],
  );
});

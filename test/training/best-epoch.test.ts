import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BestEpoch, type EpochValues } from '../../src/training/best-epoch.ts';
import type { StoppingMetric, StoppingSpec } from '../../src/vocabulary/index.ts';

const stopping = (options: Partial<StoppingSpec> = {}): StoppingSpec => ({
  metric: 'valLoss',
  patience: 2,
  minDelta: 0,
  ...options,
});
const only = (metric: StoppingMetric, value: number | null): EpochValues => ({
  loss: null,
  valLoss: null,
  valAccuracy: null,
  [metric]: value,
});

/** The epoch after which training stops, and the best one; null for never. */
function follow(spec: StoppingSpec | null, metric: StoppingMetric, values: readonly (number | null)[]) {
  let watched = new BestEpoch(spec, true);
  for (const [index, value] of values.entries()) {
    watched.endEpoch(index + 1, 10 * (index + 1), only(metric, value));
    if (watched.isExhausted) return { stopped: index + 1, best: watched.state.best?.epoch ?? null, watched };
    // Every epoch continues from what a checkpoint of the last one would hold.
    watched = new BestEpoch(spec, true, JSON.parse(JSON.stringify(watched.state)) as typeof watched.state);
  }
  return { stopped: null, best: watched.state.best?.epoch ?? null, watched };
}

test('training stops where the best value was not improved on for as many epochs as patience says', () => {
  const cases: [Partial<StoppingSpec>, (number | null)[], stopped: number | null, best: number | null][] = [
    [{}, [3, 2, 2.5, 2, 1], 4, 2],
    [{}, [3, 2, 2.5, 1.9, 2, 1.9], 6, 4],
    [{ patience: 1 }, [3, 2, 2], 3, 2],
    [{ patience: 3 }, [3, 2, 2.5, 2.5], null, 2],
    // Better, but not by more than minDelta: the best epoch all the same.
    [{ minDelta: 0.5 }, [3, 2.75, 2.5], 3, 3],
    [{ minDelta: 0.5 }, [3, 2.75, 2.25, 2, 1.75], 5, 5],
    // A loss that is not finite is no improvement.
    [{}, [3, null, null, 1], 3, 1],
    [{}, [null, null], 2, null],
    [{ metric: 'valAccuracy' }, [0.5, 0.7, 0.7, 0.6], 4, 2],
    [{ metric: 'loss' }, [3, 2, 2, 1, 1, 1], 6, 4],
  ];
  for (const [options, values, stopped, best] of cases) {
    const spec = stopping(options);
    const found = follow(spec, spec.metric, values);
    assert.deepEqual([found.stopped, found.best], [stopped, best], JSON.stringify([options, values]));
  }
});

test('without early stopping, the epoch with the lowest validation loss is the best, and nothing stops', () => {
  const { stopped, best } = follow(null, 'valLoss', [3, 1, 2, 2, 2, 2, 2, 1]);
  assert.deepEqual([stopped, best], [null, 2]);
  const unwatched = new BestEpoch(null, false);
  assert.equal(unwatched.endEpoch(1, 10, only('loss', 1)), false);
});

test('what it says names both epochs, the metric and the rule', () => {
  const { watched } = follow(stopping({ minDelta: 0.25 }), 'valLoss', [3, 2, 1.9, 2]);
  assert.deepEqual(watched.describeStop(4, 100), {
    code: 'STOPPED_EARLY',
    level: 'info',
    message:
      'Training stopped after epoch 4 of 100: the validation loss did not improve by more than 0.25 in the last 2 epochs. It was best after epoch 3: 1.900.',
    data: { epoch: 4, metric: 'valLoss', patience: 2, minDelta: 0.25, bestEpoch: 3, bestStep: 30, bestValue: 1.9 },
  });
  const never = follow(stopping({ metric: 'loss', patience: 1 }), 'loss', [null]);
  assert.match(
    never.watched.describeStop(1, 5).message,
    /training loss did not improve in the last epoch. It was never/,
  );
});

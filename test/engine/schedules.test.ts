import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Scheduler } from '../../src/engine/math/schedules.ts';
import { fill, SCHEDULE_OPTIONS, type ScheduleChoice } from '../../src/vocabulary/index.ts';

const length = { steps: 100, stepsPerEpoch: 10 };
const rates = (schedule: ScheduleChoice, steps: number[]): number[] => {
  const scheduler = new Scheduler(fill(SCHEDULE_OPTIONS, schedule), 0.1, length);
  return steps.map((step) => Math.round(scheduler.rateAt(step) * 1e9) / 1e9);
};

test('schedules have their published values', () => {
  assert.deepEqual(rates({ type: 'constant' }, [0, 50, 99]), [0.1, 0.1, 0.1]);
  assert.deepEqual(rates({ type: 'step', stepSize: 30, gamma: 0.1 }, [0, 29, 30, 60]), [0.1, 0.1, 0.01, 0.001]);
  assert.deepEqual(rates({ type: 'exponential', gamma: 0.5 }, [0, 9, 10, 25]), [0.1, 0.1, 0.05, 0.025]);
  assert.deepEqual(rates({ type: 'linear', minimumFactor: 0 }, [0, 99]), [0.1, 0]);
  assert.deepEqual(rates({ type: 'cosine', minimumFactor: 0.1 }, [0, 99, 150]), [0.1, 0.01, 0.01]);
  const middle = new Scheduler(fill(SCHEDULE_OPTIONS, 'cosine'), 1, { steps: 101, stepsPerEpoch: 10 });
  assert.ok(Math.abs(middle.rateAt(50) - 0.5) < 1e-12);
});

test('the warm-up rises linearly to the full rate, and the schedule starts after it', () => {
  assert.deepEqual(rates({ type: 'constant', warmupSteps: 4 }, [0, 1, 3, 4]), [0.025, 0.05, 0.1, 0.1]);
  assert.deepEqual(rates({ type: 'linear', warmupSteps: 10 }, [10, 99]), [0.1, 0]);
  assert.deepEqual(rates({ type: 'step', stepSize: 10, gamma: 0.5, warmupSteps: 10 }, [19, 20]), [0.1, 0.05]);
});

test('reduceOnPlateau waits for its patience, cools down, and stops at its minimum', () => {
  const scheduler = new Scheduler(
    {
      type: 'reduceOnPlateau',
      warmupSteps: 0,
      factor: 0.5,
      patience: 2,
      cooldown: 1,
      minDelta: 0.01,
      minLearningRate: 0.03,
    },
    0.1,
    length,
  );
  const after = (loss: number): number => {
    scheduler.endEpoch(loss);
    return scheduler.rateAt(0);
  };
  assert.deepEqual([1, 0.995, 0.992].map(after), [0.1, 0.1, 0.05], 'improvements below minDelta do not count');
  assert.deepEqual([0.999, 0.999].map(after), [0.05, 0.03], 'the epoch that ends the cooldown counts, as in Keras');
  assert.deepEqual([2, 2, 2, 2].map(after), [0.03, 0.03, 0.03, 0.03]);
});

test('an interrupted scheduler continues from its state', () => {
  const spec = fill(SCHEDULE_OPTIONS, { type: 'reduceOnPlateau', patience: 3 });
  const whole = new Scheduler(spec, 0.1, length);
  let resumed = new Scheduler(spec, 0.1, length);
  for (let epoch = 0; epoch < 12; epoch++) {
    const reduced = whole.endEpoch(1);
    assert.equal(resumed.endEpoch(1), reduced);
    resumed = new Scheduler(spec, 0.1, length, JSON.parse(JSON.stringify(resumed.state)) as typeof resumed.state);
  }
  assert.deepEqual(resumed.state, whole.state);
  assert.ok(Math.abs(whole.rateAt(0) - 1e-4) < 1e-12);
});

test('a loss that is not finite is not an improvement', () => {
  const scheduler = new Scheduler(
    fill(SCHEDULE_OPTIONS, { type: 'reduceOnPlateau', patience: 1, factor: 0.5 }),
    1,
    length,
  );
  scheduler.endEpoch(Number.NaN);
  scheduler.endEpoch(1);
  assert.equal(scheduler.endEpoch(Number.NaN), true);
  assert.equal(scheduler.state.best, 1);
});

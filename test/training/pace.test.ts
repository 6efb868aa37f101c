/** How many steps the engine gets per call. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dense, drive, openForSpec, resolve, withTrain } from './drive.ts';

test('the step after a verdict is trained on its own, and calls grow longer from there', async () => {
  const spec = resolve({
    dataset: { name: 'moons', samples: 4000, validationSplit: 0 },
    model: { layers: [dense(4)] },
    training: { epochs: 2, batchSize: 2, seed: 1 },
  });
  const calls: number[] = [];
  await drive(spec, {
    openNetwork: async (...order) =>
      withTrain(await openForSpec(...order), (chunk, train) => {
        calls.push(chunk.learningRates.length);
        return train(chunk);
      }),
  });
  const starts = calls.map((_, n) => calls.slice(0, n).reduce((sum, steps) => sum + steps, 0));
  assert.equal(starts.at(-1)! + calls.at(-1)!, 4000);
  assert.equal(calls[0], 1);
  assert.equal(calls[starts.indexOf(2000)], 1, 'the first step after the verdict of the first epoch');
  assert.ok(calls.length < 1000, `${calls.length} calls for 4000 steps`);
});

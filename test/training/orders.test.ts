/** Orders on every engine: what a run does after the chunk during which one arrives. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXECUTORS } from '../../src/engine/executors/registry.ts';
import { ENGINES } from '../../src/vocabulary/index.ts';
import { Mailbox } from '../../src/training/mailbox.ts';
import { dense, drive, openForSpec, resolve, withTrain } from './drive.ts';

const STOPPING_CHUNK = 4;

for (const name of ENGINES) {
  const { available, reason } = await EXECUTORS[name].availability();
  const skip = !available && (reason ?? 'not available');
  for (const [order, outcome] of [
    ['cancel', 'cancelled'],
    ['pause', 'paused'],
    ['yield', 'yielded'],
  ] as const) {
    test(
      `${name}: with ${order} a run ends after the chunk in which it arrives, and nothing is computed any more`,
      { skip },
      async () => {
        const mailbox = new Mailbox();
        const calls: string[] = [];
        const spec = resolve({
          dataset: { name: 'moons', samples: 600, validationSplit: 0.2 },
          model: { layers: [dense(8)] },
          training: { epochs: 40, batchSize: 32, seed: 1 },
          engine: name,
        });
        let steps = 0;
        const observed = await drive(spec, {
          mailbox,
          openNetwork: async (...opening) => {
            const network = withTrain(await openForSpec(...opening), async (chunk, train) => {
              calls.push('train');
              const result = train(chunk);
              // The engine computes when the order comes.
              if (calls.filter((call) => call === 'train').length === STOPPING_CHUNK) {
                mailbox.push({ type: order });
                calls.push(order);
              }
              steps += chunk.learningRates.length;
              return result;
            });
            return new Proxy(network, {
              get(target, key) {
                const value: unknown = Reflect.get(target, key);
                if (typeof value !== 'function') return value;
                return (...operands: unknown[]): unknown => {
                  if (key === 'evaluate' || key === 'inspect' || key === 'backward') calls.push(key);
                  return (value as (...all: unknown[]) => unknown).apply(target, operands);
                };
              },
            });
          },
        });
        assert.equal(observed.finished.outcome, outcome);
        assert.equal(observed.finished.progress.step, steps, 'what was trained counts');
        assert.equal(calls.at(-1), order, calls.join());
        assert.equal(observed.of('checkpoint').at(-1)?.step, steps);
      },
    );
  }
}

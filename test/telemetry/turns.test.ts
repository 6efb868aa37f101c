import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import { Turns } from '../../src/telemetry/turns.ts';

test('groups take turns, and members of a group in order', async () => {
  const turns = new Turns<string>();
  const served: string[] = [];
  const member = (name: string) => ({ turn: () => void served.push(name) });
  for (let i = 0; i < 1000; i++) turns.add('many', member(`many ${i}`));
  turns.add('few', member('few'));
  while (served.length < 1001) await turn();
  assert.ok(served.indexOf('few') < 100, `after ${served.indexOf('few')} others`);
  assert.deepEqual(
    served.filter((name) => name !== 'few'),
    Array.from({ length: 1000 }, (_, i) => `many ${i}`),
  );
});

test('the event loop goes on between turns, however much there is to do', async () => {
  const turns = new Turns<string>();
  const busy = {
    rest: 200,
    turn() {
      const endsAt = performance.now() + 1;
      while (performance.now() < endsAt);
      busy.rest -= 1;
      if (busy.rest > 0) turns.add('busy', busy);
    },
  };
  turns.add('busy', busy);
  let others = 0;
  while (busy.rest > 0) {
    await turn();
    others += 1;
  }
  // 200 ms of work in turns of 8 ms, or less where the machine is busy.
  assert.ok(others >= 20, `${others} turns`);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatabaseUnavailable } from '../../src/store/postgres/availability.ts';
import { Together } from '../../src/store/postgres/together.ts';

/** Groups wait until they are let go; a group with a word that `fails` gets the error. */
function together(
  fails: Record<string, Error> = {},
  options: { most?: number; isAlone?: (word: string) => boolean } = {},
) {
  const groups: string[][] = [];
  let letGo!: () => void;
  const isLetGo = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const words = new Together<string, string>({
    send: async (group) => {
      groups.push([...group]);
      await isLetGo;
      const failing = group.find((word) => fails[word]);
      if (failing !== undefined) throw fails[failing]!;
      return group.map((word) => word.toUpperCase());
    },
    most: options.most ?? 100,
    ...(options.isAlone && { isAlone: options.isAlone }),
  });
  return {
    groups,
    ask: (...asked: string[]) => Promise.allSettled(asked.map((word) => words.ask(word))),
    letGo,
  };
}
const outcomes = (settled: PromiseSettledResult<string>[]): unknown[] =>
  settled.map((each) => (each.status === 'fulfilled' ? each.value : each.reason));

test('what is asked for while a call is in progress is sent together, and each gets its own answer', async () => {
  const { groups, ask, letGo } = together({}, { most: 3 });
  const answered = ask('a', 'b', 'c', 'd', 'e');
  assert.deepEqual(groups, [['a']]);
  letGo();
  assert.deepEqual(outcomes(await answered), ['A', 'B', 'C', 'D', 'E']);
  assert.deepEqual(groups, [['a'], ['b', 'c', 'd'], ['e']]);
  assert.deepEqual(outcomes(await ask('f')), ['F']);
});

test('one that takes a while is sent alone, in its turn', async () => {
  const { groups, ask, letGo } = together({}, { isAlone: (word) => word === 'long' });
  const answered = ask('a', 'b', 'c', 'long', 'd', 'e');
  letGo();
  await answered;
  assert.deepEqual(groups, [['a'], ['b', 'c'], ['long'], ['d', 'e']]);
});

test('one that is refused does not keep the others out', async () => {
  const refused = new Error('refused');
  const { groups, ask, letGo } = together({ bad: refused });
  const answered = ask('a', 'b', 'bad', 'c');
  letGo();
  assert.deepEqual(outcomes(await answered), ['A', 'B', refused, 'C']);
  assert.deepEqual(groups, [['a'], ['b', 'bad', 'c'], ['b'], ['bad'], ['c']]);
});

test('a call without an answer is not sent again: it may have been committed', async () => {
  const away = new DatabaseUnavailable({ kind: 'away', reason: 'The connection was lost.' });
  const { groups, ask, letGo } = together({ b: away });
  const answered = ask('a', 'b', 'c');
  letGo();
  assert.deepEqual(outcomes(await answered), ['A', away, away]);
  assert.deepEqual(groups, [['a'], ['b', 'c']]);
});

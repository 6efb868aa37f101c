/** What a file becomes if nobody says otherwise, and what the client may say. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readRecipePatch, readWishes, type RecipeWishes } from '../../src/jobs/index.ts';
import type { Recipe } from '../../src/vocabulary/index.ts';
import { readGiven } from '../support/data-files.ts';

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const csv = (header: string, rows: string[]): string => `${header}\n${rows.join('\n')}\n`;

async function read(content: string, wishes: RecipeWishes = {}) {
  const { table } = await readGiven({ name: 'data.csv', content });
  return { table, ...readWishes(table, wishes) };
}
async function recipeOf(content: string, wishes: RecipeWishes = {}): Promise<Recipe> {
  const resolved = await read(content, wishes);
  if ('details' in resolved) throw new Error(JSON.stringify(resolved.details));
  return resolved.recipe;
}

/** `count` different whole numbers, twice each, not in their order. */
const numbered = (count: number, scale = 1): string =>
  csv(
    'x,code',
    times(2 * count, (i) => `${i % 17},${((i * 7919) % count) * scale}`),
  );

describe('numbers as classes', () => {
  for (const count of [256, 257, 1000, 4096])
    test(`${count} whole numbers are classes where the client says so, and only then`, async () => {
      const content = numbered(count);
      const asked = await recipeOf(content, { task: 'classification' });
      assert.deepEqual(
        asked.columns[1]?.categories,
        times(count, (i) => String(i)),
      );
      assert.equal((await recipeOf(content)).task, 'regression');
    });

  test('a change of the task makes classes of them too, and numbers again', async () => {
    const { table, ...resolved } = await read(numbered(300));
    if ('details' in resolved) throw new Error('no recipe');
    const classes = readRecipePatch({ task: 'classification' }, table, resolved.recipe);
    if ('details' in classes) throw new Error(JSON.stringify(classes.details));
    assert.equal(classes.recipe.columns[1]?.categories?.length, 300);
    const numbers = readRecipePatch({ task: 'regression' }, table, classes.recipe);
    assert.deepEqual('recipe' in numbers && numbers.recipe, resolved.recipe);
  });

  for (const [what, content] of [
    ['4,097 whole numbers', numbered(4097)],
    ['257 fractions', numbered(257, 0.5)],
  ] as const)
    test(`${what} are too many, and the answer says how many can be`, async () => {
      const resolved = await read(content, { task: 'classification' });
      assert.deepEqual('details' in resolved && resolved.details.map(({ path, message }) => `${path} ${message}`), [
        'task cannot be classification: "code" has too many different values to be classes: at most 4,096 whole numbers, or 256 others, can be',
      ]);
    });
});

/** What a file becomes if nobody says otherwise, and what the client may say. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { measureRecipe } from '../../src/datasets/preparation/measure-recipe.ts';
import { findWarnings, readRecipePatch, readWishes, type RecipeWishes } from '../../src/jobs/index.ts';
import type { DataWarning, Recipe, WarningCode } from '../../src/vocabulary/index.ts';
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

/** 60 rows of the given columns. */
const table = (columns: Record<string, (row: number) => string | number>): string =>
  csv(
    Object.keys(columns).join(','),
    times(60, (row) =>
      Object.values(columns)
        .map((make) => make(row))
        .join(','),
    ),
  );
const real = (row: number): number => ((row * 37) % 61) / 8 + 0.01;
const word = (row: number): string => ['cat', 'dog', 'owl'][row % 3]!;
const bit = (row: number): number => (row * 7) % 2;
const letters = (row: number): string => `note ${String.fromCodePoint(97 + (row % 26), 97 + Math.floor(row / 26))}`;

describe('guesses', () => {
  const guesses: [what: string, content: string, task: string, roles: string, wishes?: RecipeWishes][] = [
    ['the last column is the target', table({ a: real, b: real, c: word }), 'classification', 'input input target'],
    ['a usual name goes before the place', table({ label: word, a: real }), 'classification', 'target input'],
    ['in any case, with spaces around', table({ ' Target ': real, a: real }), 'regression', 'target input'],
    [
      'the surest of several usual names',
      table({ y: real, target: word, a: real }),
      'classification',
      'input target input',
    ],
    ['species is a usual name', table({ species: word, a: real }), 'classification', 'target input'],
    [
      'a name that only begins like one is none',
      table({ labels_old: real, a: word }),
      'classification',
      'input target',
    ],
    [
      'what the client names is the target',
      table({ a: word, y: real }),
      'classification',
      'target input',
      { targets: ['a'] },
    ],
    [
      'several named targets are a regression',
      table({ a: real, b: bit, c: bit }),
      'regression',
      'input target target',
      { targets: ['b', 'c'] },
    ],
    [
      'multilabel where the client says so',
      table({ a: real, b: bit, c: bit }),
      'multilabel',
      'input target target',
      { targets: ['b', 'c'], task: 'multilabel' },
    ],
    ['0 and 1 are classes', table({ a: real, b: bit }), 'classification', 'input target'],
    ['few whole numbers are classes', table({ a: real, b: (row) => row % 20 }), 'classification', 'input target'],
    ['21 whole numbers are numbers', table({ a: real, b: (row) => row % 21 }), 'regression', 'input target'],
    ['fractions are numbers', table({ a: real, b: (row) => bit(row) + 0.5 }), 'regression', 'input target'],
    [
      'few whole numbers are a regression where the client says so',
      table({ a: real, b: bit }),
      'regression',
      'input target',
      { task: 'regression' },
    ],
    [
      'true and false are classes',
      table({ a: real, b: (row) => (bit(row) ? 'true' : 'false') }),
      'classification',
      'input target',
    ],
    ['an id is ignored', table({ id: (row) => row + 1, a: real, b: word }), 'classification', 'ignored input target'],
    [
      'a number of the row without a name too',
      table({ '': (row) => row, a: real, b: word }),
      'classification',
      'ignored input target',
    ],
    [
      'one that is named as a value is an input',
      table({ year: (row) => 1900 + row, b: word }),
      'classification',
      'input target',
    ],
    [
      'an id at the end is not the target',
      table({ a: real, b: word, user_id: (row) => 5000 + row }),
      'classification',
      'input target ignored',
    ],
    ['a constant is ignored', table({ a: real, same: () => 7, b: word }), 'classification', 'input ignored target'],
    [
      'free text is ignored, and is no target',
      table({ a: real, b: real, c: letters }),
      'regression',
      'input target ignored',
    ],
    [
      'a date is an input, and is no target',
      table({ a: real, b: word, day: (row) => `2026-01-${10 + (row % 20)}` }),
      'classification',
      'input target input',
    ],
    [
      'a column of parts is the split',
      table({ split: (row) => ['train', 'val', 'test'][row % 3]!, a: real, b: word }),
      'classification',
      'split input target',
    ],
    [
      'other words in it are an input',
      table({ split: word, a: real, b: word }),
      'classification',
      'input input target',
    ],
    [
      'the only input stays, though it is constant',
      table({ same: () => 7, b: word }),
      'classification',
      'input target',
    ],
  ];
  for (const [what, content, task, roles, wishes] of guesses)
    test(what, async () => {
      const recipe = await recipeOf(content, wishes);
      assert.deepEqual([recipe.task, recipe.columns.map(({ role }) => role).join(' ')], [task, roles]);
    });
});

const warningsOf = async (content: string): Promise<DataWarning[]> => {
  const { table: found, rowGroups } = await readGiven({ name: 'data.csv', content });
  const resolved = readWishes(found, {});
  if ('details' in resolved) throw new Error(JSON.stringify(resolved.details));
  const { recipe } = resolved;
  return findWarnings(found, recipe, measureRecipe({ table: found, recipe }, rowGroups));
};

describe('warnings', () => {
  const warned: [code: WarningCode, content: string, column?: string][] = [
    ['constantColumn', table({ same: () => 7, a: real, b: word }), 'same'],
    ['leakingId', table({ id: (row) => row + 1, a: real, b: word }), 'id'],
    ['equalsTarget', table({ a: real, copy: word, b: word }), 'copy'],
    ['imbalancedClasses', table({ a: real, b: (row) => (row < 2 ? 'rare' : 'usual') })],
    ['rareClass', table({ a: real, b: (row) => (row < 1 ? 'rare' : 'usual') })],
    ['rawScales', table({ a: (row) => real(row) * 10_000, c: real, b: word }), 'a'],
    ['manyMissing', table({ a: (row) => (row % 3 === 0 ? real(row) : ''), c: real, b: word }), 'a'],
    ['missingTargets', table({ a: real, b: (row) => (row < 5 ? '' : word(row)) }), 'b'],
    ['ignoredText', table({ note: letters, a: real, b: word }), 'note'],
    [
      'fewRows',
      csv(
        'a,b',
        times(20, (row) => `${real(row)},${word(row)}`),
      ),
    ],
    [
      'manyCategories',
      csv(
        'town,a,b',
        times(240, (row) => `town ${row % 60},${real(row)},${word(row)}`),
      ),
      'town',
    ],
  ];
  for (const [code, content, column] of warned)
    test(code, async () => {
      const found = (await warningsOf(content)).filter((warning) => warning.code === code);
      assert.deepEqual(
        found.map((warning) => warning.column),
        [column],
      );
    });
  test('none where nothing is wrong', async () => {
    assert.deepEqual(await warningsOf(table({ a: real, c: (row) => real(row + 5), b: word })), []);
  });
});

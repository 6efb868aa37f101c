import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRows } from '../../src/cli/rows.ts';

test('rows are read from JSON, JSON Lines and CSV', () => {
  for (const [text, rows] of [
    [
      '[[1, 2], [3, 4]]',
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ['[1, 2]', [[1, 2]]],
    ['{"inputs": [[1]]}', [[1]]],
    ['{"rows": [{"a": 1}]}', [{ a: 1 }]],
    ['{"a": 1, "b": null}', [{ a: 1, b: null }]],
    ['{"a": 1}\n\n{"a": "x"}\n', [{ a: 1 }, { a: 'x' }]],
    ['[1]\n[2]', [[1], [2]]],
    [
      '1,-2.5e3\r\n.5,4\r\n',
      [
        [1, -2500],
        [0.5, 4],
      ],
    ],
    [
      '\uFEFFa;b c\n1;007\n;"x;""y""\nz"\n',
      [
        { a: 1, 'b c': '007' },
        { a: null, 'b c': 'x;"y"\nz' },
      ],
    ],
    ['a\tb\n1\t\n', [{ a: 1, b: null }]],
    ['name\nann\n\nbob', [{ name: 'ann' }, { name: 'bob' }]],
    ['a,b\n1', [{ a: 1, b: null }]],
  ] as const)
    assert.deepEqual(readRows(text, 'rows'), rows, text);
});

test('what holds no rows is refused with one line', () => {
  for (const [text, message] of [
    [' \n', /^rows is empty/],
    ['{"a": 1}\n{"a": ', /^Line 2 of rows is not valid JSON/],
    ['[[1], {"a": 1}]', /must hold rows/],
    ['a,b', /must hold rows/],
    ['a\n1\n"x', /^rows is not valid CSV: a quote in line 3 is not closed/],
    ['[]', /must hold rows/],
  ] as const)
    assert.throws(() => readRows(text, 'rows'), { message }, text);
});

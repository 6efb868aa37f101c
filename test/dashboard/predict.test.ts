import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { answersCsv, answersOf, detailLine } from '../../src/dashboard/pages/run/predict/answers.ts';
import { readRows, readValue, usesDecimalComma } from '../../src/dashboard/pages/run/predict/row-values.ts';
import { readDelimited, writeCsv } from '../../src/dashboard/parts/delimited.ts';
import type { Column } from '../../src/vocabulary/index.ts';

const column = (name: string, kind: Column['kind'], more: Partial<Column> = {}): Column => ({
  name,
  kind,
  role: 'input',
  width: 1,
  missing: 0,
  distinct: null,
  ...more,
});

describe('pasted cells', () => {
  it('come back as they were written', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', ' ', '"', ',', ';', '\n', '\r', '\t', 'ä') });
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 4 }), fc.array(cell, { minLength: 8, maxLength: 24 }), (width, cells) => {
        // A plain header shows the delimiter.
        const header = Array.from({ length: width }, (_, at) => `c${at}`);
        const rows = [
          header,
          ...Array.from({ length: Math.floor(cells.length / width) }, (_, at) =>
            cells.slice(at * width, (at + 1) * width),
          ),
        ];
        assert.deepEqual(readDelimited(writeCsv(rows)), rows);
      }),
    );
  });

  it('may have any of the usual delimiters and line ends', () => {
    const rows = [
      ['a', 'b'],
      ['1', ''],
    ];
    for (const text of ['a,b\n1,\n', '\uFEFFa;b\r\n1;', 'a\tb\r1\t\r\n\r\n', '"a","b"\n1,""'])
      assert.deepEqual(readDelimited(text), rows, JSON.stringify(text));
    assert.deepEqual(readDelimited('"a;x",b\n1,2'), [
      ['a;x', 'b'],
      ['1', '2'],
    ]);
    assert.deepEqual(readDelimited(' \n'), []);
  });
});

describe('a value that was typed', () => {
  it('is a number, a category, a list, or missing', () => {
    const island = column('island', 'categorical', { categories: ['Dream', 'None'] });
    assert.equal(readValue('3.5', column('a', 'numeric')), 3.5);
    assert.equal(readValue('3,5', column('a', 'numeric'), true), 3.5);
    assert.equal(readValue('tall', column('a', 'numeric')), 'tall');
    assert.equal(readValue(' NA ', column('a', 'numeric')), null);
    assert.equal(readValue('Dream', island), 'Dream');
    // A word for a missing value may be a category.
    assert.equal(readValue('None', island), 'None');
    assert.equal(readValue('?', island), null);
    assert.equal(readValue('Yes', column('b', 'boolean')), 1);
    assert.equal(readValue('no', column('b', 'boolean', { categories: ['no', 'yes'] })), 'no');
    assert.equal(readValue('2026-01-31', column('d', 'date')), '2026-01-31');
    assert.deepEqual(readValue('1, 2 3', column('x', 'numeric', { width: 3 })), [1, 2, 3]);
  });

  it('has a decimal comma only if that is certain', () => {
    assert.equal(usesDecimalComma(['3,5', '4']), true);
    assert.equal(usesDecimalComma(['3,5', '4.5']), false);
    assert.equal(usesDecimalComma(['1,234', '2,000']), false);
    assert.equal(usesDecimalComma(['1,234,567']), false);
    assert.equal(usesDecimalComma(['1', '2']), false);
  });
});

const inputs = [column('mass', 'numeric'), column('island', 'categorical', { categories: ['Dream'] })];
const faultOf = (text: string) => {
  const read = readRows(readDelimited(text), inputs);
  return 'fault' in read ? read.fault : '';
};

describe('pasted rows', () => {
  it('are taken by their names, in any order', () => {
    assert.deepEqual(readRows(readDelimited('island;mass;species\nDream;3,5;Adelie\n;4;Gentoo'), inputs), {
      rows: [
        { island: 'Dream', mass: 3.5 },
        { island: null, mass: 4 },
      ],
      ignored: ['species'],
    });
    assert.deepEqual(readRows(readDelimited('mass\n3'), inputs), { rows: [{ island: null, mass: 3 }], ignored: [] });
    assert.deepEqual(readRows(readDelimited('a,b\n3,x'), []), { rows: [{ a: 3, b: 'x' }], ignored: [] });
  });

  it('say what is wrong with them', () => {
    assert.match(faultOf(''), /header/);
    assert.match(faultOf('3,Dream'), /first row must have the names of the columns, such as mass, island/);
    assert.match(faultOf('mass,island'), /Below the header/);
    assert.match(faultOf('mass,island\n3,Dream\n4'), /Row 2 has 1 values, and the header has 2 names/);
  });
});

describe('what the model says', () => {
  it('has the names of the classes, in the table and in the file', () => {
    const answers = answersOf({
      object: 'prediction',
      step: 10,
      outputs: [
        [0.25, 0.75],
        [1, 0],
      ],
      labels: ['Gentoo', 'Adelie'],
      outputNames: ['Adelie', 'Gentoo'],
      classes: ['Adelie', 'Gentoo'],
    });
    assert.deepEqual(answers[0], {
      label: 'Gentoo',
      outputs: [
        { name: 'Adelie', value: 0.25, isShare: true },
        { name: 'Gentoo', value: 0.75, isShare: true },
      ],
    });
    assert.equal(
      answersCsv(
        [
          { mass: 3.5, island: 'a, b' },
          { mass: null, island: 'c' },
        ],
        answers,
      ),
      'mass,island,predicted,probability of Adelie,probability of Gentoo\r\n3.5,"a, b",Gentoo,0.25,0.75\r\n,c,Adelie,1,0\r\n',
    );
  });

  it('has the names of the labels that apply, and of the targets of a regression', () => {
    const labelled = answersOf({
      object: 'prediction',
      step: 1,
      outputs: [
        [0.9, 0.8],
        [0.1, 0.2],
      ],
      outputNames: ['wet', 'cold'],
      classes: ['wet', 'cold'],
      labels: [['wet', 'cold'], []],
    });
    assert.deepEqual(
      labelled.map(({ label }) => label),
      ['wet, cold', 'none'],
    );
    const [numbers] = answersOf({ object: 'prediction', step: 1, outputs: [[3.5]], outputNames: ['price'] });
    assert.deepEqual(numbers, { label: null, outputs: [{ name: 'price', value: 3.5, isShare: false }] });
  });

  it('names the row and the column of a wrong value', () => {
    assert.equal(
      detailLine({ path: 'rows[3].age', message: 'must be a number, but is "x"', expected: 'a number' }),
      'row 4, age: must be a number, but is "x" (expected: a number)',
    );
    assert.equal(detailLine({ path: 'inputs', message: 'is empty' }), 'inputs: is empty');
  });
});

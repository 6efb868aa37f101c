import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { matching, runsPath } from '../../src/dashboard/data/dataset-links.ts';
import { Speed } from '../../src/dashboard/uploads/speed.ts';
import {
  asChanged,
  changeColumn,
  changesIn,
  chooseTarget,
  NO_CHANGES,
  partOf,
  patchOf,
  readFill,
  withPart,
} from '../../src/dashboard/pages/dataset/recipe-draft.ts';
import { bytes } from '../../src/dashboard/parts/format.ts';
import { damageLine } from '../../src/dashboard/uploads/damage.ts';
import { CSV_FIELDS, describeReading, notesIn, optionsIn } from '../../src/dashboard/uploads/reading-fields.ts';
import type { Column, DatasetInfo } from '../../src/vocabulary/index.ts';

const column = (name: string, more: Partial<Column> = {}): Column => ({
  name,
  kind: 'numeric',
  role: 'input',
  width: 1,
  missing: 0,
  distinct: 10,
  ...more,
});
const info: DatasetInfo = {
  object: 'dataset',
  id: 'ds_1',
  name: 'penguins',
  kind: 'uploaded',
  task: 'classification',
  samples: 300,
  features: 3,
  outputs: 3,
  description: '',
  version: 1,
  split: { by: 'share' },
  columns: [
    column('mass', { missing: 2, fill: 'mean' }),
    column('island', { kind: 'categorical', encoding: 'oneHot', categories: ['Biscoe', 'Dream'] }),
    column('species', { kind: 'categorical', role: 'target' }),
  ],
};

describe('changes to a data set', () => {
  it('are one patch of what differs, and none after they were taken back', () => {
    const changed = changeColumn(changeColumn(NO_CHANGES, 'mass', { fill: 'median' }), 'island', { role: 'ignored' });
    const patch = patchOf(info, { ...changed, task: 'classification', name: 'birds' });
    assert.deepEqual(patch, {
      name: 'birds',
      columns: [
        { name: 'mass', fill: 'median' },
        { name: 'island', role: 'ignored' },
      ],
    });
    assert.equal(changesIn(patch), 3);
    const back = changeColumn(changeColumn(changed, 'mass', { fill: 'mean' }), 'island', { role: 'input' });
    assert.equal(patchOf(info, back), null);
  });

  it('leave encoding and fill open after a change of kind', () => {
    const encoded = changeColumn(NO_CHANGES, 'island', { encoding: 'ordered' });
    const changed = changeColumn(encoded, 'island', { kind: 'text' });
    assert.deepEqual(patchOf(info, changed), { columns: [{ name: 'island', kind: 'text' }] });
    const shown = asChanged(info.columns![1]!, changed);
    assert.equal(shown.kind, 'text');
    assert.equal(shown.encoding, undefined);
  });

  it('make one column the only target', () => {
    const draft = chooseTarget(NO_CHANGES, info.columns!, 'mass');
    assert.deepEqual(
      info.columns!.map((one) => asChanged(one, draft).role),
      ['target', 'input', 'input'],
    );
  });

  it('give each value of a column its part', () => {
    const split = withPart(
      withPart({ by: 'column', column: 'island', validation: [] }, 'Dream', 'validation'),
      'Biscoe',
      'test',
    );
    assert.deepEqual(split, { by: 'column', column: 'island', validation: ['Dream'], test: ['Biscoe'] });
    assert.deepEqual(
      ['Dream', 'Biscoe', 'Torgersen'].map((value) => partOf(split, value)),
      ['validation', 'test', 'training'],
    );
    assert.deepEqual(withPart(split, 'Biscoe', 'training'), { by: 'column', column: 'island', validation: ['Dream'] });
  });

  it('fill numbers with numbers and categories with words', () => {
    assert.deepEqual(readFill('3.5', 'numeric'), { value: 3.5 });
    assert.deepEqual(readFill('3', 'categorical'), { value: '3' });
    assert.deepEqual(readFill('none', 'numeric'), { value: 'none' });
  });
});

describe('a size in bytes', () => {
  it('has three digits and never reaches the next unit', () => {
    assert.deepEqual(
      [0, 999, 999.6, 1000, 1234, 99_940, 99_960, 999_499, 999_500, 2e9].map(bytes),
      ['0 B', '999 B', '1.00 kB', '1.00 kB', '1.23 kB', '99.9 kB', '100 kB', '999 kB', '1.00 MB', '2.00 GB'].map(
        (text) => text.replace(' ', '\u00A0'),
      ),
    );
    assert.equal(bytes(null), '–');
  });
});

describe('the speed of an upload', () => {
  it('is the mean of the last seconds', () => {
    const speed = new Speed();
    assert.equal(speed.after(0, 0), null);
    assert.equal(speed.after(1000, 1000), 1000);
    // Steady: it stays. Two reports in the same millisecond change nothing.
    assert.equal(speed.after(2000, 2000), 1000);
    assert.equal(speed.after(2000, 2000), 1000);
    let now = speed.after(2000, 3000)!;
    assert.ok(now < 1000 && now > 500);
    for (let second = 4; second < 40; second++) now = speed.after((second - 3) * 5000 + 2000, second * 1000)!;
    assert.ok(Math.abs(now - 5000) < 5, String(now));
  });
});

describe('damage in a file', () => {
  it('is told with its place', () => {
    assert.equal(damageLine({ line: 7, column: 'age', message: 'Not a number.' }), 'Line 7, column age: Not a number.');
    assert.equal(damageLine({ path: 'a.png', message: 'Cut off.' }), 'a.png: Cut off.');
    assert.equal(damageLine({ message: 'The file is empty.' }), 'The file is empty.');
  });
});

describe('the options of reading', () => {
  it('are sent only where they were chosen', () => {
    assert.deepEqual(optionsIn({ delimiter: '\t', decimal: '', header: 'false', missing: '  ' }), {
      delimiter: '\t',
      header: 'false',
    });
  });

  it('are told in words', () => {
    const reading = { format: 'csv', delimiter: ';', decimal: ',', header: true, missing: ['NA', '?'], notes: [] };
    assert.deepEqual(
      describeReading(reading).map(({ value }) => value),
      ['semicolon', 'comma', 'names of the columns', 'NA, ?'],
    );
    assert.equal(describeReading(reading).length, CSV_FIELDS.length);
    assert.deepEqual(notesIn({ notes: [{ column: 'x', message: 'Renamed.' }] }), ['Column x: Renamed.']);
    assert.deepEqual(notesIn({ notes: [{ file: 'a.csv', line: 3, message: 'Cut.' }] }), ['a.csv, line 3: Cut.']);
    assert.deepEqual(notesIn({}), []);
  });
});

describe('the list of data sets', () => {
  it('is searched by every word', () => {
    const other: DatasetInfo = { ...info, id: 'ds_2', name: 'houses', task: 'regression' };
    assert.deepEqual(matching([info, other], 'regress'), [other]);
    assert.deepEqual(matching([info, other], 'uploaded PENG'), [info]);
    assert.equal(matching([info, other], '').length, 2);
  });

  it('leads to the runs of each', () => {
    assert.equal(new URLSearchParams(runsPath(info).slice(2)).get('filter'), 'spec.dataset.id = "ds_1"');
    const { id: _id, ...named } = info;
    const filter = new URLSearchParams(runsPath({ ...named, name: String.raw`a"b\c` }).slice(2)).get('filter');
    assert.equal(filter, String.raw`spec.dataset.name = "a\"b\\c"`);
  });
});

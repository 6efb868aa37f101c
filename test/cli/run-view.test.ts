import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeRun, drawRun, update, viewOf } from '../../src/cli/run-view.ts';
import { Screen } from '../../src/cli/screen.ts';
import { bar, clean, number, since, table } from '../../src/cli/text.ts';
import { fit, widthOf } from '../../src/cli/width.ts';
import { readJob } from '../../src/jobs/index.ts';
import { type Run } from '../../src/vocabulary/index.ts';

function someRun(): Run {
  const resolved = readJob({
    name: 'evil\u001B[2Jname',
    dataset: { name: 'xor' },
    model: {
      layers: [
        { type: 'dense', units: 16 },
        { type: 'dropout', rate: 0.1 },
        { type: 'dense', units: 8, activation: 'tanh' },
      ],
    },
    training: { epochs: 4 },
  });
  assert.ok('spec' in resolved);
  const { spec } = resolved;
  const { name, experiment, tags, notes, metadata } = spec;
  return {
    project: 'default',
    createdBy: null,
    id: 'run_1',
    object: 'run',
    status: 'running',
    source: 'trained',
    name,
    experiment,
    tags,
    notes,
    metadata,
    spec,
    parentId: null,
    change: [],
    engine: null,
    progress: { epoch: 0, epochs: 4, step: 0, steps: 116 },
    summary: {},
    error: null,
    attempt: 1,
    queuePosition: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    startedAt: null,
    finishedAt: null,
  };
}
const head = { seq: 1, step: 57, at: '2026-01-01T00:00:00.000Z' };

const valuesOf = (loss: number | null, active: number | null, dead: number | null) => ({
  loss: [loss],
  'activeFraction/dense_1': [active],
  'deadNeurons/dense_1': [dead],
});

describe('a run in the terminal', () => {
  const view = viewOf(someRun());
  update(view, {
    ...head,
    type: 'metrics',
    steps: [56, 57],
    values: {
      loss: [0.5, 0.25],
      accuracy: [0.25, 0.5],
      'activeFraction/dense_1': [null, 0.75],
      'deadNeurons/dense_1': [null, 4],
      gradientNorm: [1, 2],
    },
  });

  it('shows progress, loss, accuracy and the share of active neurons of each layer', () => {
    assert.deepEqual(drawRun(view, 200), [
      'evil [2Jname  run_1  running',
      `${bar(0.5, 24)} 50.0 %  epoch 3/4  step 58/116`,
      'newest training loss 0.2500  validation loss -  newest training accuracy 50.0 %  validation accuracy -  gradient norm 2',
      `dense_1      16 relu  ${bar(0.75, 24)}  75.0 % active  4 dead or silent`,
      `dense_2       8 tanh  ${'·'.repeat(24)}`,
    ]);
  });

  it('fits the width of the terminal', () => {
    assert.ok(drawRun({ ...view, name: '深層ネットワーク 👩‍👩‍👧 e\u0301' }, 30).every((line) => widthOf(line) <= 30));
  });

  it('is one line if nothing can be drawn', () => {
    assert.equal(
      describeRun(view),
      'running  epoch 3/4  step 58/116  newest training loss 0.2500  validation loss -  newest training accuracy 50.0 %  validation accuracy -  active neurons by layer: 75.0 % -',
    );
  });

  it('has no active neurons to show once it has diverged', () => {
    const diverged = viewOf(someRun());
    update(diverged, { ...head, type: 'metrics', steps: [56], values: valuesOf(0.5, 1, 0) });
    assert.match(describeRun(diverged), /newest training loss 0\.5000 .*: 100 % -$/);
    update(diverged, { ...head, type: 'metrics', steps: [57], values: valuesOf(null, null, null) });
    assert.match(describeRun(diverged), /newest training loss - .*: - -$/);
    assert.equal(drawRun(diverged, 200)[3], `dense_1      16 relu  ${'·'.repeat(24)}`);
  });

  it('is full when it has succeeded, also where early stopping ended it', () => {
    for (const epoch of [2, 4]) {
      update(view, {
        ...head,
        type: 'status',
        status: 'succeeded',
        progress: { epoch, epochs: 4, step: 29 * epoch, steps: 116 },
        summary: {},
        error: null,
        attempt: 1,
        engine: null,
      });
      assert.match(drawRun(view, 200)[1]!, new RegExp(`^█{24} 100 %  epoch ${epoch}/4`));
    }
  });

  it('is drawn over itself, and lines above it stay', () => {
    const written: string[] = [];
    const screen = new Screen({ columns: 80, write: (text) => written.push(text) });
    screen.draw(['a', 'b']);
    screen.draw(['c', 'd']);
    screen.print('event');
    assert.deepEqual(written, [
      '\r\u001B[2Ka\n\r\u001B[2Kb\n',
      '\u001B[2A\r\u001B[2Kc\n\r\u001B[2Kd\n',
      '\u001B[2A\r\u001B[2Kevent\n\u001B[J',
    ]);
  });

  it('shortens values, and prints nothing that moves the cursor', () => {
    assert.deepEqual([0, 3, 0.123456, 0.0000123, 1234567, null, undefined].map(number), [
      '0',
      '3',
      '0.1235',
      '1.23e-5',
      '1.23e+6',
      '-',
      '-',
    ]);
    assert.equal(clean('a\u001B[31mb\u009Bc\n'), 'a [31mb c ');
    assert.equal(since('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:05:30Z')), '5 min ago');
    assert.equal(
      table([
        ['A', 'B'],
        ['aaa', 'b'],
      ]),
      'A    B\naaa  b',
    );
    assert.deepEqual([999.96, 12_345.6, 999_999.6, 0.00099999, NaN].map(number), [
      '1,000',
      '12,346',
      '1.00e+6',
      '0.001000',
      '-',
    ]);
    assert.equal(since('never'), '-');
    assert.deepEqual([bar(-1, 4), bar(0.5, 4), bar(2, 4)], ['░░░░', '██░░', '████']);
  });

  it('keeps its columns with names in any script', () => {
    const widths: [text: string, width: number][] = [
      ['plain', 5],
      ['深層', 4],
      ['ｶﾅ', 2],
      ['ＡＢ', 4],
      ['한글', 4],
      ['cafe\u0301', 4],
      ['👍🏽', 2],
      ['👩‍👩‍👧', 2],
      ['❤️', 2],
      ['1', 1],
      ['שלום', 4],
      ['\u200Bx', 1],
    ];
    for (const [text, width] of widths) assert.equal(widthOf(text), width, text);
    const rows = table(widths.map(([text]) => [text, '|'])).split('\n');
    assert.deepEqual(new Set(rows.map((row) => widthOf(row.slice(0, row.indexOf('|'))))), new Set([7]));
    assert.equal(fit('深層学習', 5), '深層');
    assert.equal(fit('e\u0301e\u0301', 1), 'e\u0301');
    assert.equal(fit('a👩‍👩‍👧', 2), 'a');
    // Marks that turn the direction of writing would reorder the other columns.
    assert.equal(clean('a\u202Eb\u2066c'), 'abc');
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  DEEPEST_FILTER,
  describeFilter,
  describeProblem,
  LONGEST_FILTER,
  parseFilter,
  readRunField,
  timeRange,
  valueAt,
  type FilterProblem,
} from '../../src/vocabulary/index.ts';

const read = (text: string): string => {
  const parsed = parseFilter(text);
  if ('problem' in parsed) throw new Error(describeProblem(parsed.problem));
  return describeFilter(parsed.filter);
};
const problemOf = (text: string): FilterProblem => {
  const parsed = parseFilter(text);
  assert.ok('problem' in parsed, `${text} is valid`);
  return parsed.problem;
};

const nested = (depth: number) => `${'('.repeat(depth)}valLoss < 1${')'.repeat(depth)}`;
const iso = (text: string) => {
  const range = timeRange(text);
  return range && [new Date(range.from).toISOString(), range.to - range.from];
};

describe('a filter', () => {
  it('is read with its precedence, and described as the grammar writes it', () => {
    for (const [text, described] of [
      ['summary.valLoss < 0.1', 'summary.valLoss < 0.1'],
      ['valLoss<.1e0', 'summary.valLoss < 0.1'],
      [`training.optimizer.type = 'adam'`, 'spec.training.optimizer.type = "adam"'],
      ['spec.training.optimizer = "adam"', 'spec.training.optimizer.type = "adam"'],
      ['spec.model.layers.0.units >= 64', 'spec.model.layers[0].units >= 64'],
      ['model.layers[-1].activation = "relu"', 'spec.model.layers[-1].activation.type = "relu"'],
      [
        'status = "failed" OR valLoss > 1 and tags contains "x"',
        'status = "failed" or summary.valLoss > 1 and tags contains "x"',
      ],
      [
        '(status = "failed" or valLoss > 1) and not (tags contains "x" and training.epochs != 3)',
        '(status = "failed" or summary.valLoss > 1) and not (tags contains "x" and spec.training.epochs != 3)',
      ],
      ['not not status == "queued"', 'not not status = "queued"'],
      ['name not contains "a\\"b\\\\"', 'not name contains "a\\"b\\\\"'],
      ['status not in ("failed", \'cancelled\')', 'not status in ("failed", "cancelled")'],
      ['metadata.fold-1 in (1, "two", null)', 'metadata.fold-1 in (1, "two", null)'],
      ['metadata["größe\\""] = null', 'metadata["größe\\""] = null'],
      ['training.shuffle = FALSE', 'spec.training.shuffle = false'],
      ['createdAt >= 2026-11-28 and finishedAt < "2026-11-28T10:00:00.5+01:00"', ''],
      ['training.clipNorm != null', 'spec.training.clipNorm != null'],
      ['telemetry.metricsEverySteps = "auto" or telemetry.metricsEverySteps = 1', ''],
    ] as [string, string][]) {
      const once = read(text);
      if (described !== '') assert.equal(once, described);
      assert.equal(read(once), once, 'a description is a filter, and means the same');
      assert.deepEqual(parseFilter(once), parseFilter(text), text);
    }
  });

  it('that is wrong says where, what was expected and what was meant', () => {
    for (const [text, place, expected, suggestion] of [
      ['', '', /a field/, undefined],
      ['valLoss', '', /= != < <= > >= in contains/, undefined],
      ['valLoss <', '', /a number/, undefined],
      ['valLoss < and', 'and', /a number/, undefined],
      ['valLos < 1', 'valLos', /one of id, name/, 'valLoss'],
      ['spec.training.optimiser.type = "adam"', 'optimiser', /one of epochs/, 'spec.training.optimizer'],
      ['spec.training.lr = 1', 'lr', /one of/, undefined],
      ['spec.training.optimizer.lr = 1', 'lr', /one of/, 'spec.training.optimizer.learningRate'],
      ['batch_size = 1', 'batch_size', /one of/, 'spec.training.batchSize'],
      ['summary.val_loss < 1', 'val_loss', /one of/, 'summary.valLoss'],
      ['spec.training = 1', 'training', /one of its fields: epochs/, undefined],
      ['spec.model.layers = 1', 'layers', /spec.model.layers\[0\]/, undefined],
      ['spec.model.layers.units = 1', 'units', /an index/, undefined],
      ['metadata = "x"', 'metadata', /metadata.key/, undefined],
      ['name.x = "x"', 'x', /the end of the path/, undefined],
      ['status = failed', 'failed', /"failed"/, '"failed"'],
      ['status = "suceeded"', '"suceeded"', /"succeeded"/, '"succeeded"'],
      ['optimizer.type = "adm"', 'optimizer', /one of/, 'spec.training.optimizer'],
      ['training.optimizer.type = "adm"', '"adm"', /"adam"/, '"adam"'],
      ['valLoss < "0.1"', '"0.1"', /a number/, '0.1'],
      ['training.shuffle = "true"', '"true"', /true, false/, 'true'],
      ['tags contains 5', '5', /a text in quotes/, undefined],
      ['valLoss contains "1"', '"1"', /contains only after a text/, undefined],
      ['valLoss < null', '<', /= or !=/, undefined],
      ['tags > "a"', '>', /= or !=/, undefined],
      ['status > "failed"', '"failed"', /= or !=/, undefined],
      ['createdAt > 2026-02-30', '2026-02-30', /a date or time/, undefined],
      ['createdAt > 5', '5', /a date or time/, undefined],
      ['valLoss < 1 && accuracy > 0', '&&', /^and$/, 'and'],
      ['!(valLoss < 1)', '!', /^not$/, 'not'],
      ['valLoss <> 1', '<>', /^!=$/, '!='],
      ['name = "open', '"open', /a closing "/, undefined],
      ['name # 1', '#', /a field, a comparison/, undefined],
      ['(valLoss < 1', '', /a closing parenthesis/, undefined],
      ['valLoss < 1)', ')', /the end of the filter/, undefined],
      ['valLoss in 1', '1', /an opening parenthesis/, undefined],
      ['valLoss in (1 2)', '2', /a comma/, undefined],
      ['valLoss not < 1', '<', /in or contains/, undefined],
      ['valLoss < 1e999', '1e999', /1.8e308/, undefined],
      ['"valLoss" < 1', '"valLoss"', /a field/, undefined],
      ['name = "💡" nope', 'nope', /and, or/, undefined],
      ['constructor = 1', 'constructor', /one of/, undefined],
      ['summary.__proto__ = 1', '__proto__', /one of/, undefined],
    ] as [string, string, RegExp, string | undefined][]) {
      const problem = problemOf(text);
      assert.equal(text.slice(problem.offset, problem.offset + problem.length), place, text);
      assert.match(problem.expected, expected, text);
      assert.equal(problem.suggestion, suggestion, `${text}: ${describeProblem(problem)}`);
    }
  });

  it('is bounded in length and depth', () => {
    assert.equal(read(nested(DEEPEST_FILTER - 1)), 'summary.valLoss < 1');
    assert.match(problemOf(nested(DEEPEST_FILTER)).message, /nested too deeply/);
    assert.match(problemOf(`${'not '.repeat(DEEPEST_FILTER)}valLoss < 1`).message, /nested too deeply/);
    const wide = Array(200).fill('valLoss < 1').join(' or ');
    assert.ok(wide.length < LONGEST_FILTER && read(wide).length > wide.length);
    assert.match(problemOf(' '.repeat(LONGEST_FILTER + 1)).message, /4001 characters/);
  });

  it('knows the days and times of dates, in UTC', () => {
    assert.deepEqual(iso('2028-02-29'), ['2028-02-29T00:00:00.000Z', 86_400_000]);
    assert.deepEqual(iso('2026-11-28T10:00'), ['2026-11-28T10:00:00.000Z', 1]);
    assert.deepEqual(iso('2026-11-28T10:00:00+02:00'), ['2026-11-28T08:00:00.000Z', 1]);
    for (const wrong of ['2026-02-29', '2026-13-01', '2026-1-1', '2026-11-28T25:00', 'now', ''])
      assert.equal(iso(wrong), undefined);
  });
});

describe('a field of a run', () => {
  it('is read from its path, and found in a run', () => {
    const run = {
      name: 'a',
      metadata: { 'my key': '1' },
      summary: { valLoss: 0.5 },
      spec: { model: { layers: [{ units: 1 }, { units: 2 }] } },
    };
    const at = (path: string) => {
      const found = readRunField(path);
      if ('problem' in found) throw new Error(found.problem.message);
      return valueAt(run, found.field);
    };
    assert.deepEqual(
      [
        'name',
        'valLoss',
        'metadata["my key"]',
        'model.layers[0].units',
        'model.layers[-1].units',
        'model.layers[7].units',
        'experiment',
      ].map(at),
      ['a', 0.5, '1', 1, 2, undefined, undefined],
    );
    for (const wrong of ['', 'a b', 'valLoss < 1', '1', '"name"', 'nope', 'name.', 'x'.repeat(5000)])
      assert.ok('problem' in readRunField(wrong), wrong);
  });
});

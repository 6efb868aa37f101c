import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Bodies } from '../../src/bodies/bodies.ts';
import { LargeBody } from '../../src/bodies/large-body.ts';
import { parseJson } from '../../src/bodies/parse-json.ts';
import { DEEPEST_BODY, LIMITS } from '../../src/vocabulary/index.ts';

const never = new AbortController().signal;
const bytes = (text: string) => [new Uint8Array(Buffer.from(text))];
const large = (text: string) => new LargeBody(bytes(text), 'INVALID_JOB', null);
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

describe('JSON', () => {
  const refused: [string, string, RegExp][] = [
    ['nesting that is too deep', nested(DEEPEST_BODY + 1), /nested more than/],
    ['nesting that never ends', '[{"a":'.repeat(1_000_000), /nested more than/],
    ['too many lists', `[${'[],'.repeat(LIMITS.bodyContainers)}[]]`, /lists and objects/],
    [
      'too many properties',
      `{${Array.from({ length: LIMITS.bodyKeys + 1 }, (_, i) => `"k${i}":1`).join()}}`,
      /properties/,
    ],
  ];
  for (const [name, text, message] of refused)
    test(`with ${name} is refused before it is parsed`, () => {
      assert.throws(() => parseJson(bytes(text), 'INVALID_JOB'), { code: 'INVALID_JOB', message });
    });

  test('is counted outside of texts only, and wherever its bytes are cut', () => {
    const value = {
      deep: JSON.parse(nested(DEEPEST_BODY - 1)) as unknown,
      text: `"\\${nested(500)}\\"`,
      'ключ:': ['{', ':é'],
    };
    const whole = Buffer.from(JSON.stringify(value));
    for (const size of [1, 2, 3, 7, 1000]) {
      const chunks = Array.from({ length: Math.ceil(whole.length / size) }, (_, i) =>
        whole.subarray(i * size, (i + 1) * size),
      );
      assert.deepEqual(parseJson(chunks), value);
    }
  });

  test('may have as many lists side by side as is allowed, each as deep as is allowed', () => {
    assert.equal(
      (
        parseJson(
          bytes(
            `[${Array(1000)
              .fill(nested(DEEPEST_BODY - 1))
              .join()}]`,
          ),
        ) as unknown[]
      ).length,
      1000,
    );
  });

  for (const text of ['', '{', '{"a":1}}', '{"__proto__":{}}', '{"constructor":{"prototype":{}}}'])
    test(`is refused that is ${text === '' ? 'empty' : text}`, () => {
      assert.throws(() => parseJson(bytes(text), 'INVALID_JOB'), { code: 'INVALID_REQUEST' });
    });
});

describe('a long body', () => {
  const bodies = new Bodies({ most: 1, mostWaiting: 1 });
  after(() => bodies.stop());
  const rows = Array.from({ length: 20_000 }, (_, i) => [i % 10, Math.sin(i)]);
  const job = {
    dataset: { inputs: rows, targets: rows.map(([x]) => x), task: 'classification' },
    model: { layers: [] },
  };

  test('is read like a short one, and its thread can be used again', async () => {
    const short = await bodies.read('job', structuredClone(job), null, never);
    for (let time = 0; time < 3; time += 1) {
      const long = await bodies.read('job', large(JSON.stringify(job)), null, never);
      assert.deepEqual(long, short);
    }
    assert.deepEqual(short.faults, {});
  });

  test('leaves the loop to others while it is read', async () => {
    const reading = bodies.read('job', large(`{"notes":"${'x'.repeat(30_000_000)}"}`), null, never);
    const state = { turns: 0, isOver: false };
    const refused = assert.rejects(reading, { code: 'INVALID_JOB', message: /notes/ }).finally(() => {
      state.isOver = true;
    });
    while (!state.isOver) {
      await nextTurn();
      state.turns += 1;
    }
    await refused;
    assert.ok(state.turns > 20, `${state.turns} turns`);
  });

  const wrong: [string, object, RegExp][] = [
    [
      'rows under a wrong name',
      { ...job, dataset: { input: rows, targets: job.dataset.targets } },
      /dataset\.input is not.*inputs/,
    ],
    [
      'a row that is too short',
      { ...job, dataset: { ...job.dataset, inputs: rows.with(7, [1]) } },
      /dataset\.inputs\[7\]/,
    ],
    ['rows without a task', { ...job, dataset: { ...job.dataset, task: undefined } }, /dataset\.task/],
    [
      'a weight that is text',
      { ...job, model: { layers: [], initialWeights: { kernels: [[...rows, ['a', 1]]] } } },
      /kernels\[0\]\[20000\]\[0\]/,
    ],
    [
      'rows of a kernel that differ',
      { ...job, model: { layers: [], initialWeights: { kernels: [[...rows, [1]]] } } },
      /kernels\[0\]\[20000\]/,
    ],
  ];
  for (const [name, body, message] of wrong)
    test(`names what is wrong: ${name}`, async () => {
      const text = JSON.stringify(body);
      const read = bodies.read('job', large(text), null, never);
      const faults = await read.then(
        ({ faults }) => JSON.stringify(faults),
        (error: Error) => error.message,
      );
      assert.match(faults.replaceAll('"},{"', ''), message);
    });

  test('is refused while too many wait, and forgotten with its client', async () => {
    const text = JSON.stringify(job);
    const controller = new AbortController();
    const first = bodies.read('job', large(text), null, never);
    const second = bodies.read('job', large(text), null, controller.signal);
    await assert.rejects(bodies.read('job', large(text), null, never), { code: 'OVERLOADED', retryAfter: 5 });
    controller.abort(new Error('gone'));
    await assert.rejects(second, { message: 'gone' });
    const third = bodies.read('job', large(text), null, never);
    assert.equal((await first).blobs.length, 1);
    assert.equal((await third).blobs.length, 1);
  });

  test('that is being read when its client leaves is given up', async () => {
    const controller = new AbortController();
    const read = bodies.read('job', large(`[${'1,'.repeat(10_000_000)}1]`), null, controller.signal);
    await nextTurn();
    controller.abort(new Error('gone'));
    await assert.rejects(read, { message: 'gone' });
    assert.equal((await bodies.read('job', large(JSON.stringify(job)), null, never)).blobs.length, 1);
  });

  test('of rows to predict comes as one array, and rows by name as text', async () => {
    const shape = { features: 2, mostRows: 100_000 };
    const { inputs } = await bodies.read('prediction', large(JSON.stringify({ inputs: rows })), shape, never);
    assert.deepEqual(inputs, Float32Array.from(rows.flat()));
    const named = rows.map(([a, b]) => ({ a, b }));
    const read = await bodies.read('prediction', large(JSON.stringify({ rows: named })), shape, never);
    assert.deepEqual(JSON.parse(Buffer.from(read.rows as Uint8Array).toString()), named);
    await assert.rejects(
      bodies.read('prediction', large(JSON.stringify({ inputs: rows.with(3, [1]) })), shape, never),
      {
        code: 'INVALID_REQUEST',
        message: /inputs\[3\]/,
      },
    );
  });

  test('of a data set is packed', async () => {
    const upload = { name: 'long', project: 'here', ...job.dataset };
    assert.deepEqual(
      await bodies.read('upload', large(JSON.stringify(upload)), null, never),
      await bodies.read('upload', upload, null, never),
    );
  });
});

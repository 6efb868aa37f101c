import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RelumineError } from '../../src/errors.ts';
import { QuestionDesk, type QuestionDeskOptions } from '../../src/queue/question-desk.ts';
import { isDear } from '../../src/queue/question-cost.ts';
import { threadUrl } from '../../src/queue/thread-url.ts';
import type { PredictionRows, QuestionName, Questions } from '../../src/schemas/index.ts';
import type { JobSpec } from '../../src/vocabulary/index.ts';

/** Asks the echo thread, which takes any question. Confusion matrices are dear, and exports of no bytes are cheap. */
function open(options: QuestionDeskOptions = {}) {
  const url = threadUrl('../support/echo-question-thread', import.meta.url);
  const desk = new QuestionDesk({ threadUrl: url, longestWaitMs: 60_000, timeoutMs: 60_000, ...options });
  const asking =
    (type: QuestionName) =>
    (behaviour: string, signal?: AbortSignal): Promise<unknown> =>
      desk.ask(type, { behaviour } as unknown as Questions[typeof type]['ask'], [], { signal });
  return { desk, dear: asking('confusion'), cheap: asking('exportModel'), list: asking('listEngines') };
}
const overloaded = (error: unknown): boolean =>
  error instanceof RelumineError && error.code === 'OVERLOADED' && error.status === 503 && error.retryAfter !== null;
const stopped = { code: 'SHUTTING_DOWN' };

test('cheap questions are answered while dear ones run and wait', async () => {
  const { desk, dear, cheap, list } = open();
  const busy = ['silence', 'answer', 'answer'].map((behaviour) => assert.rejects(dear(behaviour), stopped));
  for (let round = 0; round < 3; round++) assert.ok(await cheap('answer'));
  assert.ok(await list('answer'));
  await desk.stop();
  await Promise.all(busy);
});

test('a full waiting list refuses further questions at once, but says what engines there are', async () => {
  const { desk, cheap, list } = open({ mostWaiting: 2, timeoutMs: 300 });
  const running = assert.rejects(cheap('silence'), { code: 'ENGINE_UNAVAILABLE' });
  const waiting = [cheap('answer'), cheap('answer')];
  await assert.rejects(cheap('answer'), overloaded);
  assert.ok(await list('answer'));
  await running;
  assert.ok((await Promise.all(waiting)).every(Boolean));
  await desk.stop();
});

test('a question that waits for too long is refused, and one that runs is not', async () => {
  const { desk, cheap } = open({ longestWaitMs: 30 });
  const running = assert.rejects(cheap('silence'), stopped);
  await assert.rejects(cheap('answer'), overloaded);
  await desk.stop();
  await running;
});

test('a question whose asker has gone is forgotten, and leaves its place to others', async () => {
  const { desk, cheap } = open({ mostWaiting: 1, timeoutMs: 300 });
  const running = assert.rejects(cheap('silence'), { code: 'ENGINE_UNAVAILABLE' });
  const gone = new AbortController();
  // It would end the thread.
  const forgotten = assert.rejects(cheap('crash', gone.signal), /has gone/);
  await assert.rejects(cheap('answer'), overloaded);
  gone.abort(new Error('has gone'));
  await forgotten;
  const next = cheap('answer');
  await running;
  assert.ok(await next);
  await assert.rejects(cheap('answer', gone.signal), /has gone/);
  await desk.stop();
});

test('the asker of a question that runs is not kept waiting when it goes', async () => {
  const { desk, cheap } = open();
  const gone = new AbortController();
  const running = assert.rejects(cheap('silence', gone.signal), /has gone/);
  gone.abort(new Error('has gone'));
  await running;
  await desk.stop();
});

const riskOf = (units: number): boolean => {
  const layers = [1, 2, 3].map(() => ({ type: 'dense', units }));
  return isDear('assessRisk', {
    spec: { dataset: { name: 'xor' }, model: { layers } } as unknown as JobSpec,
    dataset: null,
    weights: null,
  });
};
const exportOf = (bytes: number): boolean =>
  isDear('exportModel', { checkpoint: new Uint8Array(bytes) } as unknown as Questions['exportModel']['ask']);
const samplesOf = (bytes: number): boolean => {
  const columns = [{ values: new Float32Array(bytes / 4) }];
  return isDear('samples', { data: { stored: { columns } } } as unknown as Questions['samples']['ask']);
};
/** Rows of two inputs. */
const predictionOf = (rows: PredictionRows, outputs: number): boolean => {
  const outputNames = Array.from({ length: outputs }, String);
  return isDear('predict', { ...rows, features: 2, outputNames } as unknown as Questions['predict']['ask']);
};

test('large networks, large data and long answers are dear', () => {
  assert.deepEqual([riskOf(64), riskOf(3000)], [false, true]);
  assert.deepEqual([exportOf(10_000), exportOf(10_000_000)], [false, true]);
  assert.deepEqual([samplesOf(10_000), samplesOf(10_000_000)], [false, true]);
  const inputs = new Float32Array(2000);
  const rows = Array.from({ length: 1000 }, () => ({ x: 1, y: 2 }));
  assert.deepEqual([predictionOf({ inputs }, 10), predictionOf({ inputs }, 1000)], [false, true]);
  assert.deepEqual([predictionOf({ rows }, 10), predictionOf({ rows }, 1000)], [false, true]);
  assert.ok(predictionOf({ rows: new Uint8Array(200_000) }, 1));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RelumineError } from '../../src/errors.ts';
import { QuestionThread, type QuestionThreadOptions } from '../../src/queue/question-thread.ts';
import { threadUrl } from '../../src/queue/thread-url.ts';

/** Asks the echo thread, which takes any question. */
function open(options: QuestionThreadOptions = {}): {
  thread: QuestionThread;
  ask: (behaviour: string) => Promise<unknown>;
} {
  const thread = new QuestionThread({
    threadUrl: threadUrl('../support/echo-question-thread', import.meta.url),
    ...options,
  });
  return { thread, ask: (behaviour) => thread.ask('listEngines', { behaviour } as unknown as null) };
}

const unavailable =
  (pattern: RegExp) =>
  (error: unknown): boolean =>
    error instanceof RelumineError && error.code === 'ENGINE_UNAVAILABLE' && pattern.test(error.message);

test('questions are answered, several at a time', async () => {
  const { thread, ask } = open();
  const answers = await Promise.all([ask('answer'), ask('answer'), ask('answer')]);
  assert.equal(answers.length, 3);
  await assert.rejects(ask('error'), { code: 'INTERNAL_ERROR', message: 'it cannot be known' });
  await thread.stop();
});

test('a thread that dies fails its questions, and the next one has a new thread', async () => {
  const { thread, ask } = open();
  const others = assert.rejects(ask('silence'), unavailable(/a fault of the question/));
  await assert.rejects(ask('crash'), unavailable(/a fault of the question/));
  await others;
  assert.ok(await ask('answer'));
  await thread.stop();
});

test('a question without an answer times out', async () => {
  const { thread, ask } = open({ timeoutMs: 50 });
  await assert.rejects(ask('silence'), unavailable(/within 0.05 s/));
  await thread.stop();
});

test('a thread that was idle for a while ends, and restarts for the next question', async () => {
  const { thread, ask } = open({ idleMs: 1 });
  for (let round = 0; round < 3; round++) assert.ok(await ask('answer'));
  await thread.stop();
});

test('stop rejects open questions', async () => {
  const { thread, ask } = open();
  const open_ = assert.rejects(
    ask('silence'),
    (error) => error instanceof RelumineError && error.code === 'SHUTTING_DOWN',
  );
  await thread.stop();
  await open_;
});

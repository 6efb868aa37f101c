/** A thread that reads long bodies. */
import { parentPort } from 'node:worker_threads';
import { RelumineError } from '../errors.ts';
import { parseJson } from './parse-json.ts';
import { buffersOf, demandShort, READINGS, type ReadingName, type Readings } from './readings.ts';
import type { BodyAnswer, BodyOrder } from './body-threads.ts';

if (parentPort === null) throw new Error('This file is the entry point of a worker thread.');
const port = parentPort;

port.on('message', (order: BodyOrder) => {
  let answer: BodyAnswer;
  try {
    answer = { answer: read(order) };
  } catch (error) {
    if (!(error instanceof RelumineError)) throw error;
    const { code, message, details } = error;
    answer = { error: { code, message, details } };
  }
  port.postMessage(answer, 'answer' in answer ? buffersOf(answer.answer) : []);
});

function read({ type, ask, chunks, unreadableAs }: BodyOrder): Readings[ReadingName]['answer'] {
  const body = parseJson(chunks, unreadableAs);
  const answer = (READINGS[type] as (body: unknown, ask: unknown) => Readings[ReadingName]['answer'])(body, ask);
  if ('faults' in answer) {
    if ('body' in answer) demandShort(answer);
    else demandShort({ ...answer, body: answer.patch });
  }
  // As text it takes the service no time.
  if ('rows' in answer && Array.isArray(answer.rows))
    return { rows: new TextEncoder().encode(JSON.stringify(answer.rows)) };
  return answer;
}

/** A thread that answers one-off questions that need an engine, so that the server never loads one. */
import { threadPort } from '../engine/thread-port.ts';
import { RelumineError, RunFailure, toAnswer } from '../errors.ts';
import type { QuestionName, Questions, ThreadAnswer, ThreadQuestion } from '../schemas/index.ts';

/** Modules are loaded with the first question that needs them. */
const ANSWERS: { [K in QuestionName]: (ask: Questions[K]['ask']) => Promise<Questions[K]['answer']> } = {
  listEngines: async () => (await import('../engine/open-network.ts')).listEngines(),
  assessRisk: async (ask) => (await import('./job-risk.ts')).assessJobRisk(ask),
  exportModel: async (ask) => (await import('./trained-model.ts')).exportModel(ask),
  takeWeights: async (ask) => (await import('./trained-model.ts')).takeWeights(ask),
  predict: async (ask) => (await import('./prediction.ts')).writePrediction(ask),
  confusion: async (ask) => (await import('./samples.ts')).confusion(ask),
  samples: async (ask) => (await import('./samples.ts')).samples(ask),
};

const port = threadPort();

port.on('message', (question: ThreadQuestion) => {
  void answer(question).then((message) => port.postMessage(message, memoryOf(message)));
});

/** What is handed over instead of copied: bytes that are nobody else's. */
function memoryOf(message: ThreadAnswer): ArrayBuffer[] {
  if (!('answer' in message) || !message.answer) return [];
  return Object.values(message.answer).flatMap((value: unknown) =>
    value instanceof Uint8Array && value.buffer instanceof ArrayBuffer && value.length === value.buffer.byteLength
      ? value.buffer
      : [],
  );
}

async function answer({ type, id, ask }: ThreadQuestion): Promise<ThreadAnswer> {
  try {
    return { id, answer: await (ANSWERS[type] as (ask: unknown) => Promise<Questions[QuestionName]['answer']>)(ask) };
  } catch (fault) {
    const error = fault instanceof RunFailure ? toAnswer(fault) : fault;
    if (error instanceof RelumineError) {
      const { code, message, details } = error;
      return { id, error: { code, message, details } };
    }
    console.error(`The question ${type} failed:`, error);
    return { id, error: { code: 'INTERNAL_ERROR', message: error instanceof Error ? error.message : String(error) } };
  }
}

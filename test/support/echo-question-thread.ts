/** A question thread without engines. The question's `behaviour` determines its answer. */
import { parentPort } from 'node:worker_threads';

parentPort?.on('message', ({ id, ask }: { id: number; ask: { behaviour: string } }) => {
  if (ask.behaviour === 'answer')
    parentPort?.postMessage({
      id,
      answer: [{ name: 'onnx', version: String(process.pid), backend: 'cpu', available: true, reason: null }],
    });
  if (ask.behaviour === 'error')
    parentPort?.postMessage({ id, error: { code: 'INTERNAL_ERROR', message: 'it cannot be known' } });
  if (ask.behaviour === 'crash') throw new Error('a fault of the question');
});

/** A question thread without engines. The question's `behaviour` determines its answer. */
import { threadPort } from '../../src/engine/thread-port.ts';

const port = threadPort();
port.on('message', ({ id, ask }: { id: number; ask: { behaviour: string } }) => {
  if (ask.behaviour === 'answer')
    port.postMessage({
      id,
      answer: [{ name: 'onnx', version: String(process.pid), backend: 'cpu', available: true, reason: null }],
    });
  if (ask.behaviour === 'error')
    port.postMessage({ id, error: { code: 'INTERNAL_ERROR', message: 'it cannot be known' } });
  if (ask.behaviour === 'crash') throw new Error('a fault of the question');
});

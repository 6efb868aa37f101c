/**
 * Denormal numbers (below 1.2e-38 in float32) as zeros. A multiplication with one takes a hundred times as long, and a
 * network that has learned is full of them: where a gradient is 0, Adam's moments decay until they stay at a few units in
 * the last place.
 *
 * A processor keeps this mode for each thread. ONNX Runtime sets it for the thread that creates the first session of
 * a process, and threads inherit it from the thread that starts them. All engines of such a thread compute in it:
 * ONNX Runtime, WebAssembly and JavaScript.
 */
import type { InferenceSession } from 'onnxruntime-node';
import { encodeModel, type Graph, type ValueInfo } from './executors/onnx/model-proto.ts';

/** For every session: its own threads are set apart. */
export const FLUSHING: InferenceSession.SessionOptions = { extra: { session: { set_denormal_as_zero: '1' } } };

const OPSET = 20;

let attempt: Promise<boolean> | null = null;

/**
 * Makes this thread, and those that it starts afterwards, take denormal numbers as zeros, if no other thread of the
 * process had a session before. Returns whether this thread does. It is false, and programs run slower, where
 * ONNX Runtime is not installed, and on processors that it cannot set.
 */
export async function flushDenormals(): Promise<boolean> {
  if (!areFlushed()) await (attempt ??= createSession());
  return areFlushed();
}

function areFlushed(): boolean {
  // In memory, so that the compiler does not add them in its own thread's mode.
  const sum = Float64Array.of(Number.MIN_VALUE, Number.MIN_VALUE).reduce((a, b) => a + b);
  return sum === 0;
}

async function createSession(): Promise<boolean> {
  try {
    const { InferenceSession } = await import('onnxruntime-node');
    const graph: Graph = {
      name: 'nothing',
      nodes: [{ opType: 'Identity', name: 'identity', inputs: ['x'], outputs: ['y'], attributes: {} }],
      initializers: [],
      inputs: [number('x')],
      outputs: [number('y')],
    };
    const model = encodeModel(graph, { opset: OPSET });
    await (await InferenceSession.create(model, FLUSHING)).release();
    return true;
  } catch {
    // The executor of ONNX Runtime says why it does not load.
    return false;
  }
}

const number = (name: string): ValueInfo => ({ name, elementType: 'float32', dims: [1] });

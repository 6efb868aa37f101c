/** Closed lists in words. A new name does not compile before it has its words here. */
import type { ModelFormat, NeuronState, RunStatus, Severity, Task } from '../../vocabulary/index.ts';

export const STATUS_LABELS: Record<RunStatus, string> = {
  queued: 'queued',
  running: 'running',
  paused: 'paused',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'cancelled',
};

export const SEVERITY_LABELS: Record<Severity, string> = {
  critical: 'Critical',
  warning: 'Warning',
  info: 'Note',
};

export const TASK_LABELS: Record<Task, string> = {
  regression: 'Regression',
  classification: 'Classification',
  multilabel: 'Multi-label classification',
};

export const MODEL_FORMAT_LABELS: Record<ModelFormat, string> = {
  json: 'Weights as JSON',
  tfjs: 'TensorFlow.js',
  onnx: 'ONNX',
};

export const STATE_LABELS: Record<NeuronState, string> = {
  active: 'active',
  rare: 'rare',
  silent: 'silent',
  dead: 'dead',
  stuck: 'stuck',
  constant: 'constant',
  saturated: 'saturated',
};

/** In the field and its legend: a mark for every state but those that are shown by their light alone. */
export const STATE_MARKS: Record<NeuronState, string | null> = {
  active: null,
  rare: null,
  silent: '○',
  dead: '×',
  stuck: '–',
  constant: '=',
  saturated: '⌐',
};

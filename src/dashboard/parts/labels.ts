/** Closed lists in words. A new name does not compile before it has its words here. */
import type {
  ColumnKind,
  ColumnRole,
  DatasetKind,
  Encoding,
  KeyScope,
  Limited,
  ModelFormat,
  NamedFill,
  NeuronState,
  ProjectRole,
  RunStatus,
  Severity,
  Task,
  WebhookEvent,
  WebhookFormat,
} from '../../vocabulary/index.ts';

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

export const DATASET_KIND_LABELS: Record<DatasetKind, string> = {
  real: 'built in',
  synthetic: 'synthetic',
  uploaded: 'uploaded',
};

export const COLUMN_KIND_LABELS: Record<ColumnKind, string> = {
  numeric: 'numbers',
  categorical: 'categories',
  boolean: 'yes or no',
  date: 'dates',
  text: 'text',
};

export const COLUMN_ROLE_LABELS: Record<ColumnRole, string> = {
  input: 'input',
  target: 'target',
  split: 'split',
  ignored: 'ignored',
};

export const ENCODING_LABELS: Record<Encoding, string> = {
  oneHot: 'one-hot',
  ordered: 'ordered numbers',
  number: 'days',
  cyclic: 'cyclic parts',
};

export const FILL_LABELS: Record<NamedFill, string> = {
  drop: 'leave row out',
  mean: 'mean',
  median: 'median',
  mode: 'most frequent',
  indicator: 'mark as missing',
};

export const ROLE_LABELS: Record<ProjectRole, string> = { viewer: 'viewer', member: 'member', admin: 'admin' };

export const ROLE_HINTS: Record<ProjectRole, string> = {
  viewer: 'sees everything, changes nothing',
  member: 'also trains, uploads, changes and deletes',
  admin: 'also manages members, links, webhooks and retention',
};

export const SCOPE_LABELS: Record<KeyScope, string> = {
  read: 'read',
  write: 'read and write',
  admin: 'all that its person may',
};

export const LIMIT_LABELS: Record<Limited, string> = {
  concurrentRuns: 'Runs at a time',
  queuedRuns: 'Runs in the queue',
  storageBytes: 'Storage',
};

export const WEBHOOK_EVENT_LABELS: Record<WebhookEvent, string> = {
  'run.finished': 'a run has finished',
  'run.failed': 'a run has failed',
  'layer.critical': 'a layer is critical',
  metric: 'a rule becomes true',
};

export const WEBHOOK_FORMAT_LABELS: Record<WebhookFormat, string> = {
  standard: 'Standard Webhooks',
  slack: 'Slack',
  discord: 'Discord',
};

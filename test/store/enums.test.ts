/** The enums of the database against the lists of the vocabulary: the same names, in the same order if it matters. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RUN_SOURCES, RUN_STATUSES, TRIALS_STATUSES } from '../../src/vocabulary/index.ts';
import { MessageType, RunSource, RunStatus, StopRequest, TrialsStatus } from '../../src/store/generated/enums.ts';
import type { MessageRow } from '../../src/store/log/log-records.ts';
import type { StopRequest as Request } from '../../src/store/store.ts';

// A missing or an extra name does not compile.
const MESSAGE_TYPES: Record<MessageRow['type'], true> = {
  status: true,
  metrics: true,
  event: true,
  snapshot: true,
  checkpoint: true,
};
const STOP_REQUESTS: Record<Request, true> = { pause: true, cancel: true };

test('the enums of the database are the words of the vocabulary', () => {
  assert.deepEqual(Object.values(RunStatus), [...RUN_STATUSES]);
  assert.deepEqual(Object.values(TrialsStatus), [...TRIALS_STATUSES]);
  assert.deepEqual(Object.values(RunSource), [...RUN_SOURCES]);
  assert.deepEqual(Object.values(MessageType), Object.keys(MESSAGE_TYPES));
  assert.deepEqual(Object.values(StopRequest), Object.keys(STOP_REQUESTS));
});

import type { Run } from '../../../vocabulary/index.ts';

/** Whether the run has ended with weights worth asking: one that failed may have stored those of an earlier step. */
export const canPredict = ({ status, progress }: Run): boolean =>
  (status === 'succeeded' || status === 'cancelled') && progress.step > 0;

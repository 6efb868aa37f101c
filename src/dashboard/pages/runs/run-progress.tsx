import { shareDone, type Run } from '../../../vocabulary/index.ts';
import { count, whole } from '../../parts/format.ts';
import { Meter } from '../../parts/meter.tsx';

/** Its place in the queue, or how many of its epochs are done. */
export const RunProgress = ({ run }: { run: Run }) => (
  <div class="progress num">
    <span>
      {run.status === 'queued' && run.queuePosition !== null
        ? run.queuePosition === 0
          ? 'next'
          : `${whole(run.queuePosition)} ahead`
        : `${whole(run.progress.epoch)} of ${count(run.progress.epochs, 'epoch')}`}
    </span>
    <Meter share={shareDone(run)} />
  </div>
);

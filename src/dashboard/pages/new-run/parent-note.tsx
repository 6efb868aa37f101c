import { changesAgainst, type Run } from '../../../vocabulary/index.ts';
import { title } from '../../data/actions.ts';
import { ChangeList } from '../../parts/change-list.tsx';
import { draft } from './draft.ts';
import { verdict } from './validation.ts';

/** What the job on this page changes against the run that it was taken from; nothing once it is another job. */
export function ParentNote({ parent }: { parent: Run }) {
  if (draft.value.parentId !== parent.id) return null;
  const change = verdict.value.state === 'valid' ? changesAgainst(parent.spec, verdict.value.spec) : null;
  return (
    <div class="notice parent-note" role="status">
      <p>
        Changed against{' '}
        <a class="text" dir="auto" href={`/runs/${parent.id}`}>
          {title(parent)}
        </a>
        {change?.length === 0 ? ': nothing, the same job' : ':'}
      </p>
      {change && <ChangeList change={change} />}
    </div>
  );
}

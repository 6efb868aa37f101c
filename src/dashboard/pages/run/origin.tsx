import { FIGURES, outcomesOf, type ChangeWords, type Outcome, type Run } from '../../../vocabulary/index.ts';
import { title } from '../../data/actions.ts';
import { service, shareToken } from '../../data/service.ts';
import { isFinal } from '../../data/vocabulary.ts';
import { BeforeAndAfter, ChangeList } from '../../parts/change-list.tsx';
import { figure } from '../../parts/format.ts';
import { useLoaded } from '../../parts/use-loaded.ts';

/** Where a run comes from: the run that it was made from, what it changes, and what came of it. */
export function Origin({ run }: { run: Run }) {
  const { parentId } = run;
  const hasEnded = isFinal(run.status);
  // Once more when this run has ended: until then the parent may have trained on. A share link shows no other run, and a
  // parent that was deleted meanwhile is named by its id alone.
  const { value } = useLoaded(
    async () => (parentId === null || shareToken !== null ? null : service.get(parentId)),
    [parentId, hasEnded],
  );
  const parent = value.value;
  if ((parentId === null || shareToken !== null) && run.change.length === 0) return null;
  const outcomes = parent ? outcomesOf(parent, run) : [];
  return (
    <section class="origin" aria-label="Where this run comes from">
      <p>
        {shareToken !== null ? (
          'Made from another run.'
        ) : parentId === null ? (
          'Made from a run that was deleted.'
        ) : (
          <>
            Made from{' '}
            <a class="text" dir="auto" href={`/runs/${parentId}`}>
              {parent ? title(parent) : parentId}
            </a>
            {' · '}
            <a class="text" href={`/compare?runs=${parentId},${run.id}`}>
              Compare
            </a>
          </>
        )}
      </p>
      <dl>
        <div>
          <dt>Changed</dt>
          <dd>{run.change.length > 0 ? <ChangeList change={run.change} /> : 'nothing: the same job'}</dd>
        </div>
        {outcomes.length > 0 && (
          <div>
            <dt>{hasEnded ? 'Result' : 'So far'}</dt>
            <dd>
              <BeforeAndAfter lines={outcomes.map(outcomeInWords)} />
            </dd>
          </div>
        )}
      </dl>
    </section>
  );
}

const outcomeInWords = ({ key, before, after }: Outcome): ChangeWords => ({
  what: FIGURES[key].name,
  from: figure(key, before),
  to: figure(key, after),
});

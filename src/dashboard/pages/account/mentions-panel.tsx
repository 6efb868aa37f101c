import { commentPath } from '../../data/comments.ts';
import { service } from '../../data/service.ts';
import { Rows } from '../../parts/rows.tsx';
import { shorten } from '../../parts/short.ts';
import { useLoaded } from '../../parts/use-loaded.ts';
import { When } from '../../parts/when.tsx';

const NEWEST = 10,
  SHOWN_TEXT = 160;

/** Where others have written one's name. Absent where nobody has. */
export function MentionsPanel() {
  const { value } = useLoaded(() => service.comments.mentions({ limit: NEWEST }));
  if (!value.value || value.value.data.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="mentions-title">
      <div class="panel-head">
        <h2 id="mentions-title">Mentions</h2>
        <span class="quiet">Comments with your name.</span>
      </div>
      <div class="panel-body">
        <Rows columns={['Comment', 'By', 'When']}>
          {value.value.data.map((comment) => (
            <tr key={comment.id}>
              <th scope="row" dir="auto">
                <a href={commentPath(comment)}>{shorten(comment.text, SHOWN_TEXT)}</a>
              </th>
              <td data-label="By">{comment.author?.name ?? '–'}</td>
              <td data-label="When">
                <When at={comment.createdAt} />
              </td>
            </tr>
          ))}
        </Rows>
      </div>
    </section>
  );
}

import { useSignal } from '@preact/signals';
import type { Comment, Run } from '../../../../vocabulary/index.ts';
import { commentPath, deleteComment, editComment } from '../../../data/comments.ts';
import { mayIn, me } from '../../../data/me.ts';
import { confirm } from '../../../parts/confirm.tsx';
import { Icon } from '../../../parts/icons.tsx';
import { Markdown } from '../../../parts/markdown.tsx';
import { toastFault } from '../../../parts/toast.tsx';
import { When } from '../../../parts/when.tsx';
import { MentionArea } from './mention-area.tsx';

export function CommentItem({ comment, run, isOfNeuron }: { comment: Comment; run: Run; isOfNeuron: boolean }) {
  const isEditing = useSignal(false);
  const text = useSignal('');
  const isOwn = comment.author !== null && comment.author.id === me.value?.person?.id;
  const author = comment.author?.name ?? 'somebody';
  const save = async (event: Event) => {
    event.preventDefault();
    try {
      await editComment(comment, text.value);
      isEditing.value = false;
    } catch (error) {
      toastFault(error);
    }
  };
  const remove = async () => {
    const ok = await confirm(
      'Delete this comment?',
      'It is gone for everybody. This cannot be undone.',
      'Delete comment',
      'Keep comment',
    );
    if (ok) await deleteComment(comment).catch(toastFault);
  };
  return (
    <li class="comment" id={comment.id}>
      <div class="row">
        <b dir="auto">{author}</b>
        <span class="faint">
          <When at={comment.createdAt} />
          {comment.editedAt !== null && ', edited'}
        </span>
        {!isOfNeuron && comment.layer !== null && comment.neuron !== null && (
          <a class="tag" href={commentPath(comment)}>
            {comment.layer} · neuron {comment.neuron}
          </a>
        )}
        <span class="push">
          {isOwn && !isEditing.value && (
            <button
              type="button"
              class="button plain icon small"
              aria-label="Edit your comment"
              onClick={() => {
                text.value = comment.text;
                isEditing.value = true;
              }}
            >
              <Icon name="edit" />
            </button>
          )}
          {(isOwn || mayIn(run.project, 'admin')) && (
            <button
              type="button"
              class="button plain icon small"
              aria-label={`Delete the comment of ${author}`}
              onClick={() => void remove()}
            >
              <Icon name="trash" />
            </button>
          )}
        </span>
      </div>
      {isEditing.value ? (
        <form class="comment-form" onSubmit={(event) => void save(event)}>
          <MentionArea label="Your comment" text={text} project={run.project} />
          <div class="row">
            <button class="button small primary">Save</button>
            <button type="button" class="button small" onClick={() => (isEditing.value = false)}>
              Close
            </button>
          </div>
        </form>
      ) : (
        <Markdown text={comment.text} />
      )}
    </li>
  );
}

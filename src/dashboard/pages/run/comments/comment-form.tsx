import { useSignal } from '@preact/signals';
import type { Run } from '../../../../vocabulary/index.ts';
import { addComment } from '../../../data/comments.ts';
import { FaultLine } from '../../../parts/text-field.tsx';
import { useAction } from '../../../parts/use-action.ts';
import { MentionArea } from './mention-area.tsx';

/** On a run, or on one of its neurons. */
export function CommentForm({ run, layer, neuron }: { run: Run; layer?: string; neuron?: number }) {
  const text = useSignal('');
  const { isBusy, fault, run: act } = useAction();
  const isOfNeuron = layer !== undefined && neuron !== undefined;
  const submit = async (event: Event) => {
    event.preventDefault();
    const isDone = await act(() => addComment(run.id, { text: text.value, ...(isOfNeuron && { layer, neuron }) }));
    if (isDone) text.value = '';
  };
  return (
    <form class="comment-form" onSubmit={(event) => void submit(event)}>
      <MentionArea
        label={isOfNeuron ? 'Comment on this neuron' : 'Comment on this run'}
        text={text}
        project={run.project}
      />
      <FaultLine of={fault} />
      <div class="row">
        <button class="button small" disabled={isBusy.value || text.value.trim() === ''}>
          Comment
        </button>
        <span class="faint">Markdown. @name tells a member.</span>
      </div>
    </form>
  );
}

import { useEffect } from 'preact/hooks';
import type { Comment, Run } from '../../../../vocabulary/index.ts';
import { comments, fault, followComments } from '../../../data/comments.ts';
import { mayIn } from '../../../data/me.ts';
import { count } from '../../../parts/format.ts';
import { Fault } from '../../../parts/states.tsx';
import { CommentForm } from './comment-form.tsx';
import { CommentItem } from './comment-item.tsx';
import './comments.css';

/** What the team says about a run, its neurons included. */
export function RunComments({ run }: { run: Run }) {
  useEffect(() => followComments(run.id), [run.id]);
  const shown = comments.value;
  return (
    <section class="panel" aria-labelledby="comments-title">
      <div class="panel-head">
        <h2 id="comments-title">Comments</h2>
        {shown && shown.length > 0 && <span class="quiet num">{count(shown.length, 'comment')}</span>}
      </div>
      <div class="panel-body comments">
        {fault.value !== null && shown === null && <Fault of={fault.value} />}
        <CommentList shown={shown ?? []} run={run} />
        {mayComment(run) && <CommentForm run={run} />}
      </div>
    </section>
  );
}

/** What is said about one neuron. */
export function NeuronComments({ run, layer, neuron }: { run: Run; layer: string; neuron: number }) {
  useEffect(() => followComments(run.id), [run.id]);
  const shown = comments.value?.filter((one) => one.layer === layer && one.neuron === neuron) ?? [];
  return (
    <div class="comments of-neuron">
      <CommentList shown={shown} run={run} isOfNeuron />
      {mayComment(run) && <CommentForm run={run} layer={layer} neuron={neuron} />}
    </div>
  );
}

/** Who may see a run may say something about it. */
const mayComment = (run: Run): boolean => mayIn(run.project, 'viewer');

const CommentList = ({
  shown,
  run,
  isOfNeuron = false,
}: {
  shown: readonly Comment[];
  run: Run;
  isOfNeuron?: boolean;
}) =>
  shown.length === 0 ? null : (
    <ol class="comment-list">
      {shown.map((comment) => (
        <CommentItem key={comment.id} comment={comment} run={run} isOfNeuron={isOfNeuron} />
      ))}
    </ol>
  );

import type { Run } from '../../../vocabulary/index.ts';
import { service } from '../../data/service.ts';
import { isFinal } from '../../data/vocabulary.ts';
import { number, percent, whole } from '../../parts/format.ts';
import { useLoaded } from '../../parts/use-loaded.ts';

/** How well each class, or label, is told from the others: an accuracy hides the rare ones. */
export function ClassesPanel({ run }: { run: Run }) {
  // Runs of older versions, and those that ended before anything was scored, have no evaluation.
  const isScored = isFinal(run.status) && run.summary.macroF1 !== undefined;
  const { value } = useLoaded(async () => (isScored ? service.evaluation(run.id) : null), [isScored, run.id]);
  const evaluation = value.value;
  if (!evaluation?.classes) return null;
  return (
    <section class="panel table-scroll" aria-label="Classes">
      <div class="panel-head">
        <h2>Classes</h2>
        <span class="quiet num">
          {whole(evaluation.samples)} {evaluation.part} samples at step {whole(evaluation.step)}
        </span>
      </div>
      <table class="classes">
        <thead>
          <tr>
            <th scope="col">Class</th>
            <th scope="col">Samples</th>
            <th scope="col">
              Recall <span class="split">of its samples</span>
            </th>
            <th scope="col">
              Precision <span class="split">of what was put into it</span>
            </th>
            <th scope="col">F1</th>
          </tr>
        </thead>
        <tbody>
          {evaluation.classes.map(({ class: index, name, samples, recall, precision, f1 }) => (
            <tr key={index}>
              <th scope="row">{name ?? index}</th>
              <td>{whole(samples)}</td>
              <td>{percent(recall)}</td>
              <td>{percent(precision)}</td>
              <td>{number(f1)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

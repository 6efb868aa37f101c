import type { CheckpointSelector, ClassifiedSample, Run, DataPart, SampleValue } from '../../../../vocabulary/index.ts';
import { service } from '../../../data/service.ts';
import { number, percent, whole } from '../../../parts/format.ts';
import { Picture, pictureShape } from '../../../parts/picture.tsx';
import type { Cell } from './confusion-matrix.tsx';
import { NotThere } from './not-there.tsx';
import { useAnswer } from './use-answer.ts';

interface Props {
  run: Run;
  query: { checkpoint: CheckpointSelector; part?: DataPart };
  version: number;
  cell: Cell;
  classes: string[];
}

const LIMIT = 24;

/** The samples of one cell of the confusion matrix, as pictures or as rows. */
export function CellSamples({ run, query, version, cell, classes }: Props) {
  const { value: answer, fault } = useAnswer(
    `${run.id} ${query.checkpoint} ${query.part} ${cell.actual} ${cell.predicted}`,
    version,
    () => service.confusion(run.id, { ...query, ...cell, limit: LIMIT }),
  );
  const actual = classes[cell.actual]!,
    predicted = classes[cell.predicted]!;
  const samples = answer?.cell?.samples ?? [];
  const total = answer?.counts[cell.actual]?.[cell.predicted] ?? 0;
  const image = answer?.columns.find(({ shape }) => pictureShape(shape));
  return (
    <div class="cell-samples" role="group" aria-label={`Samples of ${actual}, predicted ${predicted}`}>
      <h3 aria-live="polite">
        {actual} taken for {predicted}
        {answer && (
          <span class="quiet num">
            {' '}
            {samples.length < total ? `${whole(samples.length)} of ${whole(total)} samples` : `${whole(total)} samples`}
            , the surest first
          </span>
        )}
      </h3>
      {fault !== null && !answer && <NotThere fault={fault} />}
      {image ? (
        <ul class="pictures">
          {samples.map(({ index, row, probabilities }) => {
            const values = valuesOf(row[image.name]);
            return (
              <li key={index}>
                <Picture
                  values={values}
                  shape={pictureShape(image.shape)!}
                  range={[Math.min(0, ...values), Math.max(...values, Number.MIN_VALUE)]}
                  label={`Sample ${index}: ${actual}, predicted ${predicted}`}
                />
                <span class="num">
                  {percent(probabilities[cell.predicted], 0)} <span class="faint">#{index}</span>
                </span>
              </li>
            );
          })}
        </ul>
      ) : (
        samples.length > 0 && <Rows samples={samples} cell={cell} actual={actual} predicted={predicted} />
      )}
    </div>
  );
}

function Rows({
  samples,
  cell,
  actual,
  predicted,
}: {
  samples: ClassifiedSample[];
  cell: Cell;
  actual: string;
  predicted: string;
}) {
  const columns = Object.keys(samples[0]?.row ?? {});
  return (
    <div class="table-scroll" tabIndex={0} role="group" aria-label="Table of samples">
      <table class="value-table">
        <thead>
          <tr>
            <th scope="col">Sample</th>
            {columns.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
            <th scope="col">
              {predicted} <span class="split">probability</span>
            </th>
            {cell.actual !== cell.predicted && (
              <th scope="col">
                {actual} <span class="split">probability</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {samples.map(({ index, row, probabilities }) => (
            <tr key={index}>
              <th scope="row">#{index}</th>
              {columns.map((name) => (
                <td key={name}>{inWords(row[name] ?? null)}</td>
              ))}
              <td>{percent(probabilities[cell.predicted])}</td>
              {cell.actual !== cell.predicted && <td>{percent(probabilities[cell.actual])}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const valuesOf = (value: SampleValue | undefined): number[] => (Array.isArray(value) ? value : []);
const MOST_VALUES = 4;

function inWords(value: SampleValue): string {
  if (value === null) return 'missing';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return number(value);
  const shown = value.slice(0, MOST_VALUES).map(number).join(', ');
  return value.length > MOST_VALUES ? `${shown} … ${whole(value.length)} values` : shown;
}

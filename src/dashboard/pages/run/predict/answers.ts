/** What the model says about rows, ready to be shown and saved. */
import type { ErrorDetail, Prediction } from '../../../../vocabulary/index.ts';
import { writeCsv } from '../../../parts/delimited.ts';
import type { PredictedRow } from './row-values.ts';

export interface Answer {
  /** The name of the likeliest class, or of the labels that apply; null where numbers are predicted. */
  label: string | null;
  outputs: { name: string; value: number; isShare: boolean }[];
}

export function answersOf({ outputs, labels, classes, outputNames }: Prediction): Answer[] {
  return outputs.map((values, row) => ({
    label: labels === undefined ? null : inWords(labels[row]),
    outputs: values.map((value, at) => ({
      name: outputNames[at] ?? `output ${at + 1}`,
      value,
      isShare: classes !== undefined,
    })),
  }));
}

/** Of several labels, those that apply. */
const inWords = (label: string | string[] | undefined): string =>
  Array.isArray(label) ? label.join(', ') || 'none' : (label ?? 'none');

/** The rows as they were given, each followed by what the model says. */
export function answersCsv(rows: readonly PredictedRow[], answers: readonly Answer[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const hasLabels = answers.some(({ label }) => label !== null);
  const outputs = answers[0]?.outputs ?? [];
  const header = [
    ...columns,
    ...(hasLabels ? ['predicted'] : []),
    ...outputs.map(({ name, isShare }) => (isShare ? `probability of ${name}` : `predicted ${name}`)),
  ];
  const body = rows.map((row, at) => [
    ...columns.map((name) => {
      const value = row[name] ?? null;
      return Array.isArray(value) ? value.join(' ') : value;
    }),
    ...(hasLabels ? [answers[at]?.label ?? null] : []),
    ...(answers[at]?.outputs ?? []).map(({ value }) => value),
  ]);
  return writeCsv([header, ...body]);
}

/** `rows[3].age` of the service is row 4, age. */
export function detailLine({ path, message, expected }: ErrorDetail): string {
  const [, index, name] = /^rows\[(\d+)\]\.?(.*)$/s.exec(path) ?? [];
  const place = index === undefined ? path : `row ${Number(index) + 1}${name ? `, ${name}` : ''}`;
  return `${place}: ${message}${expected ? ` (expected: ${expected})` : ''}`;
}

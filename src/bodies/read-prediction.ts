/** Rows to predict. */
import { RelumineError, type ErrorDetail } from '../errors.ts';
import { brief, isFloat32, nameFirst } from '../jobs/index.ts';
import type { PredictionRows } from '../schemas/index.ts';
import { isObject, LIMITS } from '../vocabulary/index.ts';

/** What the model takes. */
export interface PredictionShape {
  features: number;
  mostRows: number;
}

/**
 * Rows as one array, or rows by name, which are checked against the checkpoint's columns later. Throws INVALID_REQUEST with
 * the path of the first invalid value.
 */
export function readPrediction(body: unknown, { features, mostRows }: PredictionShape): PredictionRows {
  const { inputs, rows, ...others } = isObject(body) ? body : {};
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw wrong({
      path: brief(unknown).slice(1, -1),
      message: 'is not a known property',
      expected: 'inputs or rows',
    });
  if (rows === undefined) return { inputs: readInputs(inputs, features, mostRows) };
  if (inputs !== undefined) throw wrong({ path: 'rows', message: 'is there beside inputs', expected: 'one of them' });
  if (!Array.isArray(rows) || rows.length < 1 || rows.length > mostRows)
    throw wrong({
      path: 'rows',
      message: `must be a list of 1 to ${mostRows} rows, but is ${brief(rows)}`,
      expected: 'objects with values by the names of columns',
    });
  return { rows: rows as unknown[] };
}

/** Rows of equal length as one array. Throws INVALID_REQUEST with the path of the first invalid value. */
function readInputs(inputs: unknown, features: number, mostRows: number): Float32Array {
  if (inputs === undefined)
    throw wrong({
      path: 'inputs',
      message: 'is required, if there are no rows',
      expected: `rows of ${features} numbers`,
    });
  if (
    !Array.isArray(inputs) ||
    inputs.length < 1 ||
    inputs.length > mostRows ||
    inputs.length * features > LIMITS.inlineValues
  ) {
    throw wrong({
      path: 'inputs',
      message: `must be a list of 1 to ${mostRows} rows, but is ${brief(inputs)}`,
      expected: `rows of ${features} numbers`,
    });
  }
  const values = new Float32Array(inputs.length * features);
  for (const [index, row] of (inputs as unknown[]).entries()) {
    if (!Array.isArray(row) || row.length !== features)
      throw wrong({
        path: `inputs[${index}]`,
        message: `must be a row of ${features} numbers, but is ${brief(row)}`,
        expected: `${features} numbers`,
      });
    const misfit = row.findIndex((value) => !isFloat32(value));
    if (misfit >= 0)
      throw wrong({
        path: `inputs[${index}][${misfit}]`,
        message: `must be a finite number, but is ${brief(row[misfit])}`,
        expected: 'a finite number',
      });
    values.set(row as number[], index * features);
  }
  return values;
}

const wrong = (detail: ErrorDetail) =>
  new RelumineError('INVALID_REQUEST', `The request is not valid: ${nameFirst([detail])}`, { details: [detail] });

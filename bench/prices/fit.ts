/** Non-negative least squares on relative errors, for a few factors: the best of all sets of factors that may be above 0. */
export interface Row {
  terms: readonly number[];
  time: number;
}

export interface Fit {
  factors: number[];
  medianError: number;
  worstError: number;
}

export function fit(rows: readonly Row[]): Fit {
  const count = rows[0]?.terms.length ?? 0;
  const sets = Array.from({ length: 2 ** count - 1 }, (_, index) => index + 1);
  const fits = sets.flatMap((set) => {
    const used = Array.from({ length: count }, (_, term) => term).filter((term) => (set >> term) & 1);
    const solved = solve(rows, used);
    if (solved.some((factor) => !(factor >= 0))) return [];
    const factors = Array.from({ length: count }, (_, term) => solved[used.indexOf(term)] ?? 0);
    return { factors, errors: rows.map((row) => Math.abs(estimate(row, factors) / row.time - 1)) };
  });
  const [best] = fits.toSorted((a, b) => sumOfSquares(a.errors) - sumOfSquares(b.errors));
  if (!best) throw new RangeError('The times cannot be fitted.');
  const errors = best.errors.toSorted((a, b) => a - b);
  return { factors: best.factors, medianError: errors[errors.length >> 1] ?? 0, worstError: errors.at(-1) ?? 0 };
}

const sumOfSquares = (errors: readonly number[]): number => errors.reduce((sum, error) => sum + error * error, 0);

const estimate = ({ terms }: Row, factors: readonly number[]): number =>
  terms.reduce((sum, term, index) => sum + term * (factors[index] ?? 0), 0);

/** The normal equations by Gaussian elimination with pivots; every row weighs 1 / time. */
function solve(rows: readonly Row[], used: readonly number[]): number[] {
  const scaled = rows.map(({ terms, time }) => used.map((term) => (terms[term] ?? 0) / time));
  const matrix = used.map((_, i) => [
    ...used.map((_term, j) => scaled.reduce((sum, row) => sum + (row[i] ?? 0) * (row[j] ?? 0), 0)),
    scaled.reduce((sum, row) => sum + (row[i] ?? 0), 0),
  ]);
  for (let column = 0; column < used.length; column++) {
    const pivot = matrix
      .slice(column)
      .reduce((best, row) => (Math.abs(row[column] ?? 0) > Math.abs(best[column] ?? 0) ? row : best));
    matrix.splice(matrix.indexOf(pivot), 1);
    matrix.splice(column, 0, pivot);
    for (const row of matrix) {
      if (row === pivot) continue;
      const factor = (row[column] ?? 0) / (pivot[column] ?? 1);
      pivot.forEach((value, index) => (row[index] = (row[index] ?? 0) - factor * value));
    }
  }
  return matrix.map((row, index) => (row.at(-1) ?? 0) / (row[index] ?? 1));
}

/** What a recipe makes of a table, counted row group by row group without keeping any. */
import type { TableDataset } from '../../schemas/index.ts';
import type { RecipeCounts } from '../../vocabulary/index.ts';
import { PARTS } from '../split.ts';
import { decodeColumns } from './table-rows.ts';
import { planTable, type Plan } from './plan.ts';
import { outputNames } from './prepare-table.ts';
import { RowRules } from './used-rows.ts';

type Content = Pick<TableDataset, 'table' | 'recipe'>;

export class RecipeMeasurement {
  readonly #plan: Plan;
  readonly #rules: RowRules;
  /** Of every used row so far, what its part goes by. */
  readonly #keys: Float64Array;
  /** Used rows of each class, or with each label; empty for a regression. */
  readonly #counts: Float64Array;
  #rows = 0;
  #used = 0;

  /** Throws a RunFailure if the table does not have the recipe's columns. */
  constructor(content: Content) {
    this.#plan = planTable(content.table, content.recipe);
    this.#rules = new RowRules(content, this.#plan);
    this.#keys = new Float64Array(content.recipe.split.by === 'share' ? 0 : content.table.rows);
    this.#counts = new Float64Array(this.#plan.task === 'regression' ? 0 : outputNames(this.#plan).length);
  }

  /** Row groups come in the order of the rows. */
  add(rowGroup: Uint8Array): void {
    const { task, targets } = this.#plan;
    const counted = task === 'regression' ? [] : targets;
    const { count, columns } = decodeColumns(rowGroup, [...this.#rules.needed, ...counted.map(({ index }) => index)]);
    for (let row = 0; row < count; row++) {
      if (!this.#rules.isUsed(columns, row)) continue;
      this.#keys[this.#used] = this.#rules.keyOf(columns, row, this.#rows + row);
      this.#used += 1;
      let offset = 0;
      for (const { index, column, read } of counted) {
        for (let k = 0; k < column.width; k++) {
          const value = read(columns[index]![row * column.width + k]!);
          if (task === 'classification') this.#counts[value]! += 1;
          else this.#counts[offset + k]! += value;
        }
        offset += column.width;
      }
    }
    this.#rows += count;
  }

  finish(): RecipeCounts {
    const { task, features } = this.#plan;
    const names = outputNames(this.#plan);
    const parts = this.#rules.partsOf(this.#keys.subarray(0, this.#used));
    const countOf = (part: number): number => parts?.reduce((sum, one) => sum + (one === part ? 1 : 0), 0) ?? 0;
    return {
      samples: this.#used,
      features,
      outputs: names.length,
      classes: task === 'regression' ? null : names.map((name, index) => ({ name, count: this.#counts[index]! })),
      parts: parts && {
        training: countOf(PARTS.training),
        validation: countOf(PARTS.validation),
        test: countOf(PARTS.test),
      },
    };
  }
}

/** Of a whole data set in memory. */
export function measureRecipe(content: Content, rowGroups: Iterable<Uint8Array>): RecipeCounts {
  const measurement = new RecipeMeasurement(content);
  for (const group of rowGroups) measurement.add(group);
  return measurement.finish();
}

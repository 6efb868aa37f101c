/** What is worth a look in a data set before anything is trained on it. */
import type { Table, TableColumn } from '../../schemas/table.ts';
import type { Column, DataWarning, Recipe, RecipeCounts } from '../../vocabulary/index.ts';
import { MOST_CATEGORIES } from './column-defaults.ts';
import { isConstant, isRowNumber } from './guess-recipe.ts';

const MOSTLY_MISSING = 0.5;
/** How many times more rows the most frequent class has than the rarest. */
const IMBALANCED = 20;
/** Between the deviations of two inputs. */
const RAW_SCALES = 1000;
const FEW_ROWS = 50;
/** More warnings of one kind than this are told by their number. */
const MOST_OF_A_KIND = 10;

export function findWarnings(table: Table, recipe: Recipe, counts: RecipeCounts): DataWarning[] {
  const sources = new Map(table.columns.map((column) => [column.name, column]));
  const columns = recipe.columns.map((column) => ({ column, source: sources.get(column.name)! }));
  const targets = columns.filter(({ column }) => column.role === 'target');
  const inputs = columns.filter(({ column }) => column.role === 'input');
  return [
    ...table.reading.notes.map(({ column, message }): DataWarning => ({
      code: 'reading',
      ...(column !== undefined && sources.has(column) && { column }),
      message,
    })),
    ...ofRows(table, counts, targets),
    ...ofClasses(counts),
    ...briefly(columns.flatMap((pair) => ofColumn(pair, table.rows))),
    ...briefly(inputs.flatMap((input) => ofTwin(input, targets))),
    ...ofScales(inputs),
  ];
}

interface Pair {
  column: Column;
  source: TableColumn;
}

function ofRows(table: Table, { samples }: RecipeCounts, targets: readonly Pair[]): DataWarning[] {
  const warnings: DataWarning[] = [];
  const [target] = targets;
  const missing = Math.max(0, ...targets.map(({ column }) => column.missing));
  if (target && missing > 0)
    warnings.push({
      code: 'missingTargets',
      column: target.column.name,
      message: `${rows(missing)} without a target: they are left out.`,
    });
  if (table.rows - samples > missing)
    warnings.push({
      code: 'missingTargets',
      message: `${rows(table.rows - samples)} of ${table.rows} are left out, because a value that they need is missing. Choose another fill to keep them.`,
    });
  if (samples < FEW_ROWS)
    warnings.push({
      code: 'fewRows',
      message: `Only ${rows(samples)} can be used. Scores on so few validation rows say little.`,
    });
  return warnings;
}

function ofClasses({ classes }: RecipeCounts): DataWarning[] {
  if (!classes || classes.length === 0) return [];
  const warnings: DataWarning[] = [];
  const sorted = classes.toSorted((a, b) => b.count - a.count);
  const [most, least] = [sorted[0]!, sorted.at(-1)!];
  if (least.count < 2)
    warnings.push({
      code: 'rareClass',
      message: `Class ${quote(least.name)} has ${rows(least.count)}, so it cannot be both in the training and in the validation part.`,
    });
  if (most.count >= IMBALANCED * Math.max(least.count, 1))
    warnings.push({
      code: 'imbalancedClasses',
      message: `Class ${quote(most.name)} has ${rows(most.count)}, ${quote(least.name)} has ${least.count}. Accuracy then says little; look at macro F1, or set training.classWeights to balanced.`,
    });
  return warnings;
}

function ofColumn({ column, source }: Pair, total: number): DataWarning[] {
  const { name, role, kind, missing } = column;
  if (role === 'target') return [];
  const values = total * column.width;
  if (isConstant(source))
    return [
      {
        code: 'constantColumn',
        column: name,
        message:
          source.profile.distinct === 0
            ? `${quote(name)} has no values.`
            : `${quote(name)} has the same value in every row, so it says nothing.`,
      },
    ];
  if (isRowNumber(source, total))
    return [
      {
        code: 'leakingId',
        column: name,
        message: `${quote(name)} looks like a number of the row or an id. It can leak the target where the file is sorted, and says nothing about new rows.${role === 'input' ? ' Ignore it.' : ' It is ignored.'}`,
      },
    ];
  if (kind === 'text' && role === 'ignored')
    return [
      {
        code: 'ignoredText',
        column: name,
        message: `${quote(name)} is text with ${source.profile.distinct ?? 'too many'} different values, and is not an input.`,
      },
    ];
  const warnings: DataWarning[] = [];
  if (role === 'input' && missing > MOSTLY_MISSING * values)
    warnings.push({
      code: 'manyMissing',
      column: name,
      message: `${quote(name)} is missing in ${Math.round((100 * missing) / values)} % of the rows.`,
    });
  const categories = source.dictionary?.length ?? source.profile.distinct ?? 0;
  if (role === 'input' && kind === 'categorical' && categories > MOST_CATEGORIES)
    warnings.push({
      code: 'manyCategories',
      column: name,
      message: `${quote(name)} has ${categories} categories; ${(column.categories?.length ?? 1) - 1} of them are inputs, and the others share one.`,
    });
  return warnings;
}

/** An input whose values have the same figures as those of the target is the target again. */
function ofTwin({ column, source }: Pair, targets: readonly Pair[]): DataWarning[] {
  const twin = targets.find((target) => target.source.type === source.type && areTwins(target.source, source));
  return twin
    ? [
        {
          code: 'equalsTarget',
          column: column.name,
          message: `${quote(column.name)} seems to be a copy of the target ${quote(twin.column.name)}: their values have the same figures. Ignore it, or the network only learns to copy.`,
        },
      ]
    : [];
}

function areTwins({ profile: a }: TableColumn, { profile: b }: TableColumn): boolean {
  if (a.missing !== b.missing || a.distinct !== b.distinct || (a.distinct !== null && a.distinct < 2)) return false;
  if (typeof a.mean === 'number')
    return a.mean === b.mean && a.deviation === b.deviation && a.minimum === b.minimum && a.maximum === b.maximum;
  return a.top !== undefined && JSON.stringify(a.top) === JSON.stringify(b.top);
}

function ofScales(inputs: readonly Pair[]): DataWarning[] {
  const scaled = inputs
    .filter(({ column, source }) => column.kind === 'numeric' && (source.profile.deviation ?? 0) > 0)
    .toSorted((a, b) => (b.source.profile.deviation ?? 0) - (a.source.profile.deviation ?? 0));
  const [widest, narrowest] = [scaled[0], scaled.at(-1)];
  if (!widest || !narrowest) return [];
  const ratio = (widest.source.profile.deviation ?? 0) / (narrowest.source.profile.deviation ?? 1);
  if (ratio < RAW_SCALES) return [];
  return [
    {
      code: 'rawScales',
      column: widest.column.name,
      message: `${quote(widest.column.name)} varies ${Math.round(ratio)} times as much as ${quote(narrowest.column.name)}. Keep dataset.normalize at standard, which gives them one scale.`,
    },
  ];
}

/** The first ones of each code; the rest of them as one sentence. */
function briefly(warnings: DataWarning[]): DataWarning[] {
  const kept: DataWarning[] = [];
  for (const code of new Set(warnings.map((warning) => warning.code))) {
    const same = warnings.filter((warning) => warning.code === code);
    kept.push(...same.slice(0, MOST_OF_A_KIND));
    if (same.length > MOST_OF_A_KIND)
      kept.push({ code, message: `The same holds for ${same.length - MOST_OF_A_KIND} more columns.` });
  }
  return kept;
}

const rows = (count: number): string => `${count} ${count === 1 ? 'row' : 'rows'}`;
const quote = (name: string): string => JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}...` : name);

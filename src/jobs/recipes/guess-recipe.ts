/** The recipe that fits a table, guessed from its names and profile, as far as the client did not say. */
import { TOP_VALUES, type Table, type TableColumn } from '../../schemas/table.ts';
import type { Column, ColumnRole, Recipe, RowSplit, Task } from '../../vocabulary/index.ts';
import type { Problems } from '../problems.ts';
import { describeColumn, kindsOf, naturalKind } from './column-defaults.ts';

export interface RecipeWishes {
  task?: Task | undefined;
  /** Names of the targets. */
  targets?: readonly string[] | undefined;
  /** Every class, in its order. */
  classes?: readonly string[];
}

/** Names that usually mean the target, the surest first. */
const TARGET_NAMES = [
  'target',
  'targets',
  'label',
  'labels',
  'class',
  'classes',
  'y',
  'outcome',
  'response',
  'species',
];
const ID_NAME = /^(id|uuid|guid|index|row|row[ _]?(id|number|num)|unnamed: ?0)$|[ _-]id$|[a-z]Id$/i;
/** A reader's name for a column that has none. */
const GENERATED_NAME = /^(column \d+( \(\d+\))?)?$/;
const SPLIT_NAME = /^(split|subset|partition|fold)$/i;
const PART_WORDS = {
  training: ['train', 'training'],
  validation: ['validation', 'valid', 'val', 'dev'],
  test: ['test', 'testing'],
};

/** A number with at most so many different values can be a class. */
const MOST_NUMBERED_CLASSES = 20;
/** From here on byte columns are pixels, and blank ones among them stay. */
const LEAST_PIXELS = 64;
/** Fewer rows say nothing about whether a column numbers them. */
const LEAST_NUMBERED_ROWS = 20;

/** Null, with its problems reported, if the table has no target, or the wishes do not fit it. */
export function guessRecipe(table: Table, wishes: RecipeWishes, problems: Problems): Recipe | null {
  const targets = chooseTargets(table, wishes.targets, problems);
  if (targets.length === 0) return null;
  const task = wishes.task ?? guessTask(targets, table.rows);
  const split = guessSplit(table, targets);
  const hasPixels = table.columns.filter(({ isBytes }) => isBytes).length >= LEAST_PIXELS;
  const whole = { table, targets, split, hasPixels };
  const roles = table.columns.map((column) => roleOf(column, whole));
  // Better an input that says little than none.
  if (!roles.includes('input'))
    for (const [index, column] of table.columns.entries())
      if (roles[index] === 'ignored' && naturalKind(column) !== 'text') roles[index] = 'input';
  const columns = table.columns.map((column, index) => {
    const role = roles[index] ?? 'ignored';
    if (role !== 'target') return describeColumn(column, role);
    const target = describeTarget(column, task);
    return wishes.classes ? { ...target, categories: [...wishes.classes] } : target;
  });
  return { task, columns, split };
}

function chooseTargets(table: Table, names: readonly string[] | undefined, problems: Problems): TableColumn[] {
  const { columns } = table;
  if (names && names.length > 0) {
    const known = columns.map(({ name }) => name);
    for (const name of names)
      if (!known.includes(name)) problems.unknownName('target', 'column', name, known.slice(0, 50));
    return columns.filter(({ name }) => names.includes(name));
  }
  const able = columns.filter(canBeTarget);
  const suggested = able.filter(({ suggestedRole }) => suggestedRole === 'target');
  if (suggested.length > 0) return suggested;
  for (const wanted of TARGET_NAMES) {
    const found = able.find(({ name }) => name.trim().toLowerCase() === wanted);
    if (found && columns.length > 1) return [found];
  }
  const last = able.findLast((column) => column.width === 1 && !isRowNumber(column, table.rows)) ?? able.at(-1);
  if (last && columns.length > 1) return [last];
  problems.add(
    'target',
    columns.length > 1
      ? 'cannot be guessed: no column has numbers or few enough different values'
      : 'cannot be guessed: there is only one column, and a data set needs inputs and a target',
    'the name of a column',
  );
  return [];
}

const canBeTarget = (column: TableColumn): boolean =>
  column.suggestedRole !== 'input' &&
  column.profile.distinct !== 0 &&
  naturalKind(column) !== 'text' &&
  naturalKind(column) !== 'date';

/** Few classes are a classification; several targets are a regression unless the client says multilabel. */
export function guessTask(targets: readonly TableColumn[], rows: number): Task {
  const [target] = targets;
  if (!target || targets.length > 1 || target.width > 1) return 'regression';
  const kind = naturalKind(target);
  if (kind === 'categorical' || kind === 'boolean') return 'classification';
  const { isInteger, distinct } = target.profile;
  const most = target.suggestedRole === 'target' ? TOP_VALUES : MOST_NUMBERED_CLASSES;
  const areClasses =
    kind === 'numeric' && isInteger === true && distinct !== null && distinct <= most && distinct * 2 <= rows;
  return areClasses && kindsOf(target).includes('categorical') ? 'classification' : 'regression';
}

/** Classes are categories, whatever they look like; other targets are numbers. */
export function describeTarget(source: TableColumn, task: Task): Column {
  const possible = kindsOf(source);
  const wanted = task === 'classification' ? 'categorical' : naturalKind(source) === 'boolean' ? 'boolean' : 'numeric';
  return describeColumn(source, 'target', possible.includes(wanted) ? wanted : naturalKind(source));
}

interface Whole {
  table: Table;
  targets: readonly TableColumn[];
  split: RowSplit;
  hasPixels: boolean;
}

function roleOf(column: TableColumn, { table, targets, split, hasPixels }: Whole): ColumnRole {
  if (targets.includes(column)) return 'target';
  if (split.by === 'column' && split.column === column.name) return 'split';
  if (column.suggestedRole === 'input') return 'input';
  if (naturalKind(column) === 'text' || isRowNumber(column, table.rows)) return 'ignored';
  return isConstant(column) && !(hasPixels && column.isBytes) ? 'ignored' : 'input';
}

export const isConstant = ({ profile }: TableColumn): boolean =>
  profile.distinct === 0 || (profile.distinct === 1 && profile.missing === 0);

/** Every row has another value, and it is named an id, or it counts the rows and has no name. */
export function isRowNumber({ name, width, profile }: TableColumn, rows: number): boolean {
  const { isInteger, isIncreasing, minimum, maximum, missing, distinct } = profile;
  if (width > 1 || missing > 0) return false;
  const counts =
    isInteger === true && isIncreasing === true && typeof minimum === 'number' && maximum === minimum + rows - 1;
  if (counts) return ID_NAME.test(name) || (GENERATED_NAME.test(name.trim()) && rows >= LEAST_NUMBERED_ROWS);
  const isUnique = distinct === rows || (distinct === null && isInteger !== false);
  return ID_NAME.test(name) && isUnique && isInteger !== false;
}

function guessSplit({ parts, columns }: Table, targets: readonly TableColumn[]): RowSplit {
  if (parts.filter(({ rows }) => rows > 0).length > 1) return { by: 'file' };
  for (const column of columns) {
    if (targets.includes(column) || column.width > 1 || column.dictionary === undefined) continue;
    const split = SPLIT_NAME.test(column.name) ? splitByWords(column.name, column.dictionary) : null;
    if (split) return split;
  }
  return { by: 'share' };
}

/** Null unless every value names a part, and one of them is not training. */
function splitByWords(column: string, values: readonly string[]): RowSplit | null {
  const of = (words: readonly string[]) => values.filter((value) => words.includes(value.trim().toLowerCase()));
  const training = of(PART_WORDS.training),
    validation = of(PART_WORDS.validation),
    test = of(PART_WORDS.test);
  if (training.length === 0 || training.length + validation.length + test.length < values.length) return null;
  if (validation.length > 0) return { by: 'column', column, validation, ...(test.length > 0 && { test }) };
  return test.length > 0 ? { by: 'column', column, validation: test } : null;
}

/** Changes of a recipe: what a client sends is checked against the table, with every problem at once. */
import type { ErrorDetail } from '../../errors.ts';
import { DatasetPatchSchema } from '../../schemas/dataset-changes.ts';
import type { Table, TableColumn } from '../../schemas/table.ts';
import {
  LIMITS,
  OTHER_CATEGORY,
  type Column,
  type ColumnKind,
  type ColumnPatch,
  type DatasetPatch,
  type Fill,
  type Recipe,
  type RowSplit,
} from '../../vocabulary/index.ts';
import { brief, Problems } from '../problems.ts';
import { readValue } from '../read-value.ts';
import { isObject } from '../schema-node.ts';
import { categoriesOf, describeColumn, encodingFor, fillFor, kindsOf } from './column-defaults.ts';
import { describeTarget, guessRecipe, guessTask, type RecipeWishes } from './guess-recipe.ts';

export type ResolvedRecipe = { recipe: Recipe } | { details: ErrorDetail[] };
export type ResolvedPatch = { recipe: Recipe; name?: string } | { details: ErrorDetail[] };

/** The recipe of a new data set. */
export function readWishes(table: Table, wishes: RecipeWishes): ResolvedRecipe {
  const problems = new Problems({});
  const recipe = guessRecipe(table, wishes, problems);
  if (recipe) checkTogether(recipe, table, problems);
  return recipe && problems.count === 0 ? { recipe } : { details: problems.details };
}

/** The recipe with the changes of a request. */
export function readRecipePatch(body: unknown, table: Table, recipe: Recipe): ResolvedPatch {
  const problems = new Problems(DatasetPatchSchema);
  if (!isObject(body)) {
    problems.mismatch('', 'a JSON object', body);
    return { details: problems.details };
  }
  const patch = readValue(DatasetPatchSchema, body, '', problems) as DatasetPatch;
  if (problems.count > 0) return { details: problems.details };
  const changed = changeRecipe(patch, table, recipe, problems);
  checkTogether(changed, table, problems);
  if (problems.count > 0) return { details: problems.details };
  return { recipe: changed, ...(patch.name !== undefined && { name: patch.name }) };
}

function changeRecipe(patch: DatasetPatch, table: Table, recipe: Recipe, problems: Problems): Recipe {
  const sources = new Map(table.columns.map((column) => [column.name, column]));
  const changes = new Map<string, { change: ColumnPatch; path: string }>();
  for (const [index, change] of (patch.columns ?? []).entries()) {
    const path = `columns[${index}]`;
    if (!sources.has(change.name))
      problems.unknownName(`${path}.name`, 'column', change.name, [...sources.keys()].slice(0, 50));
    else if (changes.has(change.name)) problems.add(`${path}.name`, `is there twice: ${brief(change.name)}`);
    else changes.set(change.name, { change, path });
  }
  const split = patch.split ?? recipe.split;
  const roles = new Map(
    recipe.columns.map(({ name, role }) => [name, changes.get(name)?.change.role ?? roleIn(split, name, role)]),
  );
  const targets = table.columns.filter(({ name }) => roles.get(name) === 'target');
  const hadTargets = recipe.columns.filter(({ role }) => role === 'target').map(({ name }) => name);
  const hasNewTargets = targets.map(({ name }) => name).join('\n') !== hadTargets.join('\n');
  const task = patch.task ?? (hasNewTargets ? guessTask(targets, table.rows) : recipe.task);

  const columns = recipe.columns.map((column) => {
    const source = sources.get(column.name)!;
    const role = roles.get(column.name) ?? column.role;
    const given = changes.get(column.name);
    const isNewTarget = role === 'target' && (column.role !== 'target' || task !== recipe.task);
    const known = isNewTarget ? describeTarget(source, task) : { ...column, role };
    return given
      ? changeColumn(known, column, given.change, given.path, source, problems)
      : settle(known, column, source);
  });
  return { task, columns, split };
}

/** A column that the split goes by plays no other part; one that it went by before is ignored. */
function roleIn(split: RowSplit, name: string, role: Column['role']): Column['role'] {
  if (split.by === 'column' && split.column === name) return role === 'target' ? role : 'split';
  return role === 'split' ? 'ignored' : role;
}

/** A column that has just become an input gets what is usual for its kind; other columns need neither. */
function settle(column: Column, before: Column, source: TableColumn): Column {
  if (column.role === before.role) return column;
  if (column.role === 'target') return column;
  const kind = column.kind === 'text' && column.role === 'input' ? (kindsOf(source)[0] ?? 'text') : column.kind;
  return describeColumn(source, column.role, kind);
}

function changeColumn(
  column: Column,
  before: Column,
  change: ColumnPatch,
  path: string,
  source: TableColumn,
  problems: Problems,
): Column {
  const kind = change.kind ?? settle(column, before, source).kind;
  const possible = kindsOf(source);
  if (!possible.includes(kind)) {
    problems.add(
      change.kind === undefined ? `${path}.role` : `${path}.kind`,
      `cannot be ${change.kind ?? change.role}: ${whyNot(source, kind)}`,
      `one of ${possible.join(', ')}`,
    );
    return column;
  }
  const isSettled = kind === column.kind && column.role === before.role;
  const changed: Column = isSettled ? { ...column } : describeColumn(source, column.role, kind);
  if (change.categories)
    changed.categories = readCategories(change.categories, kind, source, `${path}.categories`, problems);
  if (change.encoding !== undefined) {
    const fitting = kind === 'categorical' ? ['oneHot', 'ordered'] : kind === 'date' ? ['number', 'cyclic'] : [];
    if (fitting.includes(change.encoding)) changed.encoding = change.encoding;
    else
      problems.add(
        `${path}.encoding`,
        `cannot be ${change.encoding} for a ${kind} column`,
        fitting.length > 0 ? `one of ${fitting.join(', ')}` : 'none',
      );
  }
  if (change.fill !== undefined && checkFill(change.fill, changed, `${path}.fill`, problems))
    changed.fill = change.fill;
  if (changed.role !== 'input') {
    delete changed.encoding;
    delete changed.fill;
  } else {
    const encoding = changed.encoding ?? encodingFor(kind);
    const fill = changed.fill ?? (changed.missing > 0 ? fillFor(kind) : undefined);
    Object.assign(changed, encoding && { encoding }, fill && { fill });
  }
  return changed;
}

function whyNot({ type, width, dictionary, profile }: TableColumn, kind: ColumnKind): string {
  if (width > 1) return `it has ${width} values per row, which are numbers`;
  if (type === 'text' && !dictionary) return 'it has too many different texts';
  if (kind === 'categorical')
    return `it has ${profile.distinct ?? 'too many'} different numbers, and at most ${profile.isInteger === true ? '4,096 whole ones' : '256'} can be categories`;
  return `its values are ${type === 'date' ? 'dates' : `${type}s`}`;
}

function readCategories(
  categories: string[],
  kind: ColumnKind,
  source: TableColumn,
  path: string,
  problems: Problems,
): string[] {
  const known = categoriesOf(source);
  if (kind !== 'categorical') problems.add(path, `are for categorical columns only, and this one is ${kind}`);
  for (const [index, category] of categories.entries()) {
    if (category !== OTHER_CATEGORY && !known.includes(category))
      problems.unknownName(`${path}[${index}]`, 'value of the column', category, known.slice(0, 50));
    if (categories.indexOf(category) < index) problems.add(`${path}[${index}]`, `is there twice: ${brief(category)}`);
  }
  const isWhole = known.every((category) => categories.includes(category));
  return isWhole || categories.includes(OTHER_CATEGORY) ? categories : [...categories, OTHER_CATEGORY];
}

function checkFill(fill: Fill, column: Column, path: string, problems: Problems): boolean {
  const before = problems.count;
  const { kind, categories = [] } = column;
  if (typeof fill !== 'object') {
    const isNumber = kind === 'numeric' || kind === 'date' || (kind === 'boolean' && fill === 'mean');
    if ((fill === 'mean' || fill === 'median') && !isNumber)
      problems.add(path, `cannot be ${fill} for a ${kind} column`, 'drop, mode, indicator or a value');
  } else if (kind === 'numeric' && typeof fill.value !== 'number')
    problems.mismatch(`${path}.value`, 'a number', fill.value);
  else if (kind === 'date' && (typeof fill.value !== 'string' || Number.isNaN(Date.parse(fill.value))))
    problems.mismatch(`${path}.value`, 'a date such as 2026-01-31', fill.value);
  else if ((kind === 'categorical' || kind === 'boolean') && !categories.includes(String(fill.value)))
    problems.unknownName(`${path}.value`, 'category', String(fill.value), categories.slice(0, 50));
  return problems.count === before;
}

/** What no column can tell alone. */
function checkTogether({ task, columns, split }: Recipe, table: Table, problems: Problems): void {
  const targets = columns.filter(({ role }) => role === 'target');
  const inputs = columns.filter(({ role }) => role === 'input');
  if (inputs.length === 0)
    problems.add('columns', 'has no input that can be used', 'at least one column with role input');
  if (targets.length === 0) problems.add('columns', 'has no target', 'at least one column with role target');
  for (const { name, kind, role } of columns)
    if (kind === 'text' && (role === 'input' || role === 'target'))
      problems.add(
        'columns',
        `has text column ${brief(name)} as ${role}, but text can only be ignored`,
        'another kind, or role ignored',
      );
  checkTask(task, targets, table, problems);
  checkSplit(split, columns, table, problems);
}

function checkTask(task: Recipe['task'], targets: readonly Column[], table: Table, problems: Problems): void {
  const [target] = targets;
  if (!target) return;
  switch (task) {
    case 'classification': {
      if (targets.length > 1 || target.width > 1) {
        const count = targets.reduce((sum, { width }) => sum + width, 0);
        problems.add(
          'task',
          `cannot be classification: it needs one target, and there are ${count}`,
          'regression or multilabel',
        );
      } else if (target.kind !== 'categorical')
        problems.add(
          'task',
          `cannot be classification: ${brief(target.name)} ${manyValues(table, target.name)}`,
          'regression',
        );
      else if ((target.categories?.length ?? 0) < 2)
        problems.add(
          'task',
          `cannot be classification: ${brief(target.name)} has only one value`,
          'a target with two values or more',
        );
      else if ((target.categories?.length ?? 0) > LIMITS.units)
        problems.add('task', `cannot be classification: there are more than ${LIMITS.units} classes`, 'regression');
      return;
    }
    case 'multilabel':
      for (const { name } of targets) {
        const { profile, type } = table.columns.find((column) => column.name === name)!;
        const isBinary =
          type === 'boolean' ||
          (profile.isInteger === true && (profile.minimum ?? -1) >= 0 && (profile.maximum ?? 2) <= 1);
        if (!isBinary)
          problems.add('task', `cannot be multilabel: ${brief(name)} has other values than 0 and 1`, 'regression');
      }
      return;
    case 'regression':
      for (const { name, kind } of targets)
        if (kind !== 'numeric' && kind !== 'boolean')
          problems.add('task', `cannot be regression: ${brief(name)} is not a number`, 'classification');
  }
}

/** Why a target has no classes. */
function manyValues({ columns }: Table, name: string): string {
  const source = columns.find((column) => column.name === name);
  return source?.type === 'number'
    ? 'has too many different values to be classes: at most 4,096 whole numbers, or 256 others, can be'
    : 'has too many different values to be classes';
}

function checkSplit(split: RowSplit, columns: readonly Column[], table: Table, problems: Problems): void {
  if (split.by === 'share') return;
  if (split.by === 'file') {
    if (table.parts.length < 2)
      problems.add(
        'split.by',
        'cannot be file: the rows came in one file, or the files were no parts',
        'share, column or time',
      );
    return;
  }
  const column = columns.find(({ name }) => name === split.column);
  const source = table.columns.find(({ name }) => name === split.column);
  if (!column || !source) {
    problems.unknownName(
      'split.column',
      'column',
      split.column,
      columns.slice(0, 50).map(({ name }) => name),
    );
    return;
  }
  if (column.role === 'target') problems.add('split.column', `is ${brief(column.name)}, which is a target`);
  if (split.by === 'time') {
    if (source.width > 1 || (source.type !== 'date' && source.type !== 'number'))
      problems.add(
        'split.column',
        `is ${brief(column.name)}, which has no order in time`,
        'a column of dates or numbers',
      );
    if (split.validation + (split.test ?? 0) >= 1)
      problems.add('split', 'leaves no rows to train on', 'shares that are less than 1 together');
    return;
  }
  const known = categoriesOf(source);
  for (const part of ['validation', 'test'] as const)
    for (const [index, value] of (split[part] ?? []).entries()) {
      if (!known.includes(value))
        problems.unknownName(`split.${part}[${index}]`, 'value of the column', value, known.slice(0, 50));
      if (part === 'test' && split.validation.includes(value))
        problems.add(`split.test[${index}]`, `is a value of split.validation too: ${brief(value)}`);
    }
  const held = new Set([...split.validation, ...(split.test ?? [])]);
  if (known.every((value) => held.has(value)))
    problems.add('split', 'leaves no rows to train on', 'at least one value for training');
}

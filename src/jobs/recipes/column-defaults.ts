/** What a column of a table becomes if nobody says otherwise: its kind, role, categories, encoding and fill. */
import type { TableColumn } from '../../schemas/table.ts';
import {
  OTHER_CATEGORY,
  type Column,
  type ColumnKind,
  type ColumnRole,
  type Encoding,
  type Fill,
} from '../../vocabulary/index.ts';

/** Inputs that one categorical column makes by default; rarer categories share one. */
export const MOST_CATEGORIES = 50;

/** The kinds that the values of a column can have, the natural one first. */
export function kindsOf({ type, width, dictionary, profile }: TableColumn): ColumnKind[] {
  if (width > 1) return ['numeric'];
  switch (type) {
    case 'number': {
      const isBinary = profile.isInteger === true && profile.minimum === 0 && profile.maximum === 1;
      return [
        'numeric',
        ...(hasAllValues(profile) ? (['categorical'] as const) : []),
        ...(isBinary ? (['boolean'] as const) : []),
      ];
    }
    case 'boolean':
      return ['boolean', 'categorical', 'numeric'];
    case 'date':
      return ['date'];
    case 'text':
      if (!dictionary) return ['text'];
      return dictionary.length > 0 && dictionary.every(isNumber)
        ? ['categorical', 'text', 'numeric']
        : ['categorical', 'text'];
  }
}

const isNumber = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text));
const hasAllValues = ({ distinct, values, top = [] }: TableColumn['profile']): boolean =>
  distinct !== null && distinct > 0 && (values ?? top).length === distinct;

/** Every category, in the order of the files if they say one; else numbers by size, texts by their characters. */
export function categoriesOf({ type, dictionary, order, profile }: TableColumn): string[] {
  if (type === 'boolean') return ['false', 'true'];
  const values = dictionary ?? profile.values?.map(String) ?? (profile.top ?? []).map(({ value }) => value);
  return order?.filter((value) => values.includes(value)) ?? inOrder(values);
}

function inOrder(values: readonly string[]): string[] {
  const areNumbers = values.every(isNumber);
  return areNumbers ? values.toSorted((a, b) => Number(a) - Number(b)) : values.toSorted();
}

/** The most frequent categories, and one for the others if there are more. */
function inputCategories(column: TableColumn): string[] {
  const all = categoriesOf(column);
  if (all.length <= MOST_CATEGORIES) return all;
  const frequent = (column.profile.top ?? []).slice(0, MOST_CATEGORIES - 1).map(({ value }) => value);
  return [...inOrder(frequent), OTHER_CATEGORY];
}

export function encodingFor(kind: ColumnKind): Encoding | undefined {
  if (kind === 'categorical') return 'oneHot';
  return kind === 'date' ? 'number' : undefined;
}

export function fillFor(kind: ColumnKind): Fill | undefined {
  switch (kind) {
    case 'numeric':
    case 'date':
      return 'mean';
    case 'categorical':
      return 'indicator';
    case 'boolean':
      return 'mode';
    case 'text':
      return undefined;
  }
}

/** A column in a role, with what is usual for its kind. A target has neither encoding nor fill. */
export function describeColumn(source: TableColumn, role: ColumnRole, kind = naturalKind(source)): Column {
  const { name, width, shape, profile } = source;
  const isInput = role === 'input';
  const encoding = isInput ? encodingFor(kind) : undefined;
  const fill = isInput && profile.missing > 0 ? fillFor(kind) : undefined;
  return {
    name,
    kind,
    role,
    width,
    ...(shape && { shape }),
    missing: profile.missing,
    distinct: profile.distinct,
    ...((kind === 'categorical' || kind === 'boolean') && {
      categories:
        role === 'target' ? categoriesOf(source) : kind === 'boolean' ? ['false', 'true'] : inputCategories(source),
    }),
    ...(encoding && { encoding }),
    ...(fill && { fill }),
  };
}

/** What the profile guesses, if the values can be of that kind. */
export function naturalKind(source: TableColumn): ColumnKind {
  const possible = kindsOf(source);
  return possible.includes(source.profile.kind) ? source.profile.kind : (possible[0] ?? 'text');
}

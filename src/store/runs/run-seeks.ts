/**
 * Finds out which of the conditions on a list only few runs match. The planner expects to come across a full page soon
 * when it reads runs in the order of the list. With a condition that few match it would read them all.
 */
import type pg from 'pg';
import type { Filter, FilterValue, RunField } from '../../vocabulary/index.ts';
import { bindings, type Bind } from '../postgres/bindings.ts';
import { formsOf, type Folding } from '../postgres/folding.ts';
import { cleanText, toJson } from '../postgres/text.ts';
import type { RunSelection } from '../store.ts';
import { readFilter } from './run-filter.ts';
import { hasPart, mayHave } from './run-labels.ts';
import { oneOf } from './run-selection.ts';

/** A condition over one table with an index for it. */
interface Seek {
  table: 'runs' | 'run_specs' | 'run_labels';
  condition: (bind: Bind) => string;
}

/**
 * So many runs are read and sorted in a few milliseconds. If more than 1,000 of 100,000 match, a page of 50 is full after
 * some 5,000. The ids of labels are in their indexes, and the others in the rows.
 */
const FEW: Readonly<Record<Seek['table'], number>> = { runs: 2000, run_specs: 1000, run_labels: 1000 };

/**
 * The ids of the runs that match one of the conditions, if these are few; null if many match each. The runs of the list
 * are among them. `isSorted`: the index of a label is in the order of the list too.
 */
export async function narrow(
  pool: pg.Pool,
  selection: RunSelection,
  { folding, isSorted }: { folding: Folding; isSorted: boolean },
): Promise<string[] | null> {
  const filter = readFilter(selection.filter);
  if (selection.ids) return null;
  const seeks = [...seeksOfText(selection, folding), ...(filter ? seeksOfFilter(filter, folding) : [])];
  if (!isSorted || seeks.length > 0) seeks.push(...seeksOfLabels(selection));
  for (const { table, condition } of seeks) {
    const { values, bind } = bindings();
    const id = table === 'runs' ? 'id' : 'run_id';
    const { rows } = await pool.query<{ ids: string[] }>(
      `select array(select ${id} from ${table} where ${condition(bind)} limit ${FEW[table] + 1}) as ids`,
      values,
    );
    const ids = rows[0]?.ids ?? [];
    if (ids.length <= FEW[table]) return ids;
  }
  return null;
}

/** How common a tag is is known to the planner. */
const seeksOfText = ({ q }: RunSelection, folding: Folding): Seek[] =>
  q ? [{ table: 'run_labels', condition: (bind) => mayHave(q, { bind, folding }) }] : [];

function seeksOfLabels({ parent, experiment, createdBy, status, sight }: RunSelection): Seek[] {
  const conditions: Seek['condition'][] = [];
  if (parent !== undefined) conditions.push((bind) => `parent_id = ${bind(cleanText(parent))}`);
  if (experiment !== undefined)
    conditions.push((bind) => oneOf('experiment', formsOf(cleanText(experiment)), 'text', bind));
  if (createdBy !== undefined) conditions.push((bind) => `created_by = ${bind(cleanText(createdBy))}`);
  if (status?.some((each) => each !== 'succeeded'))
    conditions.push((bind) => oneOf('status', status, 'run_status', bind));
  if (sight) conditions.push((bind) => oneOf('project_id', sight, 'text', bind));
  return conditions.map((condition) => ({ table: 'runs', condition }));
}

/** Of the conditions that must all hold, those that an index can look for, or wider ones. */
function seeksOfFilter(filter: Filter, folding: Folding): Seek[] {
  switch (filter.kind) {
    case 'and':
      return filter.parts.flatMap((part) => seeksOfFilter(part, folding));
    case 'compare':
      return filter.comparison === '=' ? equal(filter.field, [filter.value], folding) : [];
    case 'in':
      return equal(filter.field, filter.values, folding);
    case 'contains':
      return inLabels(filter.field, [filter.text], folding);
    case 'or':
    case 'not':
      return [];
  }
}

/** What has one of the texts among its labels. */
function inLabels({ path }: RunField, texts: readonly string[], folding: Folding): Seek[] {
  if (path !== 'name' && path !== 'experiment' && path !== 'notes') return [];
  const condition = (bind: Bind): string => texts.map((text) => hasPart(text, { bind, folding })).join(' or ');
  return [{ table: 'run_labels', condition }];
}

/** What has one of the values at the place. In a list of layers it may be at another index. */
function equal(field: RunField, values: readonly FilterValue[], folding: Folding): Seek[] {
  const [root, ...keys] = field.keys;
  const texts = values.filter((value) => typeof value === 'string');
  if (root === 'experiment' && texts.length === values.length) {
    const forms = texts.flatMap((text) => formsOf(cleanText(text)));
    return [{ table: 'runs', condition: (bind) => oneOf('experiment', forms, 'text', bind) }];
  }
  if (field.path === 'error.code' && texts.length === values.length)
    return [{ table: 'runs', condition: (bind) => `(error ->> 'code') = any(${bind(texts)}::text[])` }];
  if (root === 'name' && texts.length === values.length) return inLabels(field, texts, folding);
  if (root !== 'spec' && root !== 'metadata') return [];
  // A number of metadata may be written in many ways.
  const isSought = (value: FilterValue): boolean =>
    typeof value === 'string' || (root === 'spec' && (typeof value === 'boolean' || Number.isSafeInteger(value)));
  if (!values.every(isSought)) return [];
  const sought = values
    .flatMap<FilterValue>((value) => (typeof value === 'string' ? formsOf(cleanText(value)) : [value]))
    .map((value) =>
      toJson(
        keys.reduceRight<unknown>(
          (inner, key) => (typeof key === 'number' ? [inner] : { [cleanText(key)]: inner }),
          value,
        ),
      ),
    );
  const [table, column] =
    root === 'spec' ? (['run_specs', 'searchable'] as const) : (['run_labels', 'metadata'] as const);
  return [{ table, condition: (bind) => `${column} @> any(${bind(sought)}::jsonb[])` }];
}

/**
 * By what runs are searched: `run_labels` has the labels of each and the words of its spec as one text, in the form in
 * which texts are compared, and its metadata.
 */
import pg from 'pg';
import type { Bind } from '../postgres/bindings.ts';
import type { StoreLogger } from '../postgres/database.ts';
import type { Folding } from '../postgres/folding.ts';
import { setUpAlone } from '../postgres/set-up.ts';
import { cleanText } from '../postgres/text.ts';

/** Between labels, and before the words of the spec. In what is looked for, and in labels, the latter is a space. */
const BETWEEN = 'chr(31)';
const BEFORE_WORDS = 'chr(30)';

const labels = (folding: Folding): string =>
  folding(
    `translate(concat_ws(${BETWEEN}, name, experiment, array_to_string(tags, ${BETWEEN}), notes), ${BEFORE_WORDS}, ' ')`,
  );
const textOf = (folding: Folding): string =>
  `${labels(folding)} || ${BEFORE_WORDS} || ' ' || ${folding('words')} || ' '`;
/** Plain JSON of the first versions can contain U+0000 and halves of surrogate pairs, jsonb cannot. */
const metadataOf = (runs: string): string =>
  String.raw`regexp_replace(${runs}.metadata::text, '\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})', '\ufffd', 'g')::jsonb`;

/** Keeps the runs in `changed` in the form in which lists search them: common table expressions of a statement. */
export const keepSearchable = (
  folding: Folding,
): string => `prepared as materialized (select parsed.*, coalesce((select string_agg(value #>> '{}', ' ')
      from jsonb_path_query(searchable, 'strict $.** ? (@.type() == "string" || @.type() == "number")') value), '') as words
    from (select changed.*, spec::jsonb - '{name,experiment,tags,notes,metadata}'::text[] as searchable from changed) as parsed),
  specs as (insert into run_specs (run_id, searchable, words) select id, searchable, words from prepared
    on conflict (run_id) do update set searchable = excluded.searchable, words = excluded.words),
  labels as (insert into run_labels (run_id, text, metadata) select id, ${textOf(folding)}, ${metadataOf('prepared')} from prepared
    on conflict (run_id) do update set text = excluded.text, metadata = excluded.metadata)`;

/** The same after a change of the labels of runs. */
export const keepLabels = (
  folding: Folding,
): string => `labels as (update run_labels set text = ${labels(folding)} || substr(text, strpos(text, ${BEFORE_WORDS})),
    metadata = ${metadataOf('changed')} from changed where run_id = changed.id)`;

/** The comparison holds for the text that is searched: no wildcards. */
export const containing = (text: string): string => `%${cleanText(text).replace(/[\\%_]/g, '\\$&')}%`;

interface Tools {
  bind: Bind;
  folding: Folding;
}
// In the collation of the column, which is that of its index.
const folded = (text: string, { bind, folding }: Tools): string =>
  `(${folding(`${bind(text)}::text`)}) collate "default"`;
const cleanPart = (part: string): string => cleanText(part).replaceAll('\u001E', ' ');
const isNumber = (q: string): boolean => /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,2})?$/i.test(q.trim());
/** A number is found as a whole among the words, so that 1 does not find every run with a 10 or a 0.01 in it. */
const wholeNumber = (q: string, { bind }: Tools): string =>
  `' ' || trim_scale(${bind(q.trim())}::numeric)::text || ' '`;

/** True of rows of `run_labels` in whose text a part is; by the index. */
export const hasPart = (part: string, tools: Tools): string =>
  `run_labels.text like ${folded(containing(cleanPart(part)), tools)}`;

/** The same where `q` is found in it, or more; by the index. */
export const mayHave = (q: string, tools: Tools): string =>
  isNumber(q)
    ? `(${hasPart(q, tools)} or run_labels.text like '%' || ${wholeNumber(q, tools)} || '%')`
    : hasPart(q, tools);

/** True of rows of `run_labels` in which `q` is found. Not by the index, and the planner expects that many are. */
export function hasFound(q: string, tools: Tools): string {
  const part = folded(cleanPart(q), tools);
  if (!isNumber(q)) return `strpos(run_labels.text, ${part}) > 0`;
  const inLabels = `strpos(split_part(run_labels.text, ${BEFORE_WORDS}, 1), ${part}) > 0`;
  const amongWords = `strpos(substr(run_labels.text, strpos(run_labels.text, ${BEFORE_WORDS})), ${wholeNumber(q, tools)}) > 0`;
  return `(${inLabels} or ${amongWords})`;
}

const INDEX = 'run_labels_text_idx';

/**
 * Fills the table if it is new, or if texts are compared by other rules than when it was filled, and creates the index that finds parts of texts.
 */
export async function prepareLabels(pool: pg.Pool, folding: Folding, logger: StoreLogger): Promise<void> {
  const rules = textOf(folding);
  const look = async (on: pg.Pool | pg.PoolClient): Promise<{ isFilled: boolean; hasIndex: boolean }> => {
    const {
      rows: [found],
    } = await on.query<{ rules: string | null; hasIndex: boolean }>(
      `select obj_description('run_labels'::regclass) as rules, to_regclass('${INDEX}') is not null as "hasIndex"`,
    );
    return { isFilled: found?.rules === rules, hasIndex: found?.hasIndex === true };
  };
  const before = await look(pool);
  if (!before.isFilled || !before.hasIndex)
    await setUpAlone(pool, async (client) => {
      const { isFilled, hasIndex } = await look(client);
      if (!isFilled) await fill(client, rules);
      if (!hasIndex) await createIndex(client, logger);
    });
  await addForgotten(pool, folding);
}

/** Runs that a process of an earlier version created meanwhile, which did not know of this table. */
const addForgotten = (pool: pg.Pool, folding: Folding): Promise<unknown> =>
  pool.query(
    `with changed as (select * from runs where not exists (select from run_labels where run_id = id) for key share), ${keepSearchable(folding)} select`,
  );

async function fill(client: pg.PoolClient, rules: string): Promise<void> {
  await client.query('begin');
  await client.query(`insert into run_labels (run_id, text, metadata) select id, ${rules}, ${metadataOf('runs')} from runs join run_specs on run_id = id
    on conflict (run_id) do update set text = excluded.text`);
  await client.query(`comment on table run_labels is ${pg.escapeLiteral(rules)}`);
  await client.query('commit');
}

/** Whoever connects to a server may not be allowed to use the extension. Then every text is read. */
async function createIndex(client: pg.PoolClient, logger: StoreLogger): Promise<void> {
  try {
    await client.query('create extension if not exists pg_trgm');
    // It may have been there, in another schema.
    const { rows } = await client.query<{ name: string }>(
      `select format('%I.%I', nspname, opcname) as name from pg_opclass join pg_namespace on pg_namespace.oid = opcnamespace where opcname = 'gin_trgm_ops'`,
    );
    // New entries are read one by one, so they are not left to grow.
    await client.query(
      `create index ${INDEX} on run_labels using gin (text ${rows[0]?.name ?? 'gin_trgm_ops'}) with (gin_pending_list_limit = 1024)`,
    );
    await client.query('analyze run_labels');
  } catch (error) {
    logger.warn(
      { reason: (error as Error).message },
      'the extension pg_trgm cannot be used in this database: a search for a text reads the labels of every run',
    );
  }
}

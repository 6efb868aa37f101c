/**
 * Creates runs. Those that are asked for while others are being written are written together, with one count of what
 * waits and one insert: so many clients at once do not wait for one another, and no limit is passed by any of them.
 */
import type pg from 'pg';
import { RelumineError } from '../../errors.ts';
import { inTransaction, type Database } from '../postgres/database.ts';
import type { Folding } from '../postgres/folding.ts';
import { newId } from '../postgres/ids.ts';
import { NO_ORIGIN } from '../postgres/origin.ts';
import { prepared } from '../postgres/prepared.ts';
import { runPart, writeParts } from '../postgres/parts.ts';
import { cleanLabel, toJson } from '../postgres/text.ts';
import { Together } from '../postgres/together.ts';
import { NoRoom, type BlobStore, type RunSource } from '../store.ts';
import { BULK, hashesOf, splitSpec } from './bulk.ts';
import { RUN_COLUMNS, type RunRow } from './run-row.ts';
import { LOG_STATUS } from './run-changes.ts';
import { keepSearchable } from './run-labels.ts';
import { WaitingCounts } from './waiting-counts.ts';

/** Runs that are written together at most. */
const MOST_AT_ONCE = 64;
/** Of this application: whoever creates runs on a server counts what waits before, one process at a time. */
const CREATING_LOCK = 72707370;

/**
 * $1: new runs as a list in JSON. $2: the name of this process. A run that a request makes under a key is created only if the
 * key is still this process's, and is noted with it. Null where something that it would be part of is gone, or has such a run already.
 */
const insertRuns = (
  folding: Folding,
): string => `with new as materialized (select * from json_to_recordset($1::json) as new (id text, source run_source, name text,
    experiment text, tags text[], notes text, metadata json, spec json, bulk int, priority int, progress json, parent text, change json,
    trials text, trial int, project text, person text, scope text, key text, data text, weights text)),
  kept as (update answers set made = new.id from new
    where answers.scope = new.scope and answers.key = new.key and owner = $2 and answers.status is null returning made),
  changed as (
    insert into runs (id, source, name, experiment, tags, notes, metadata, spec, bulk_bytes, priority, progress, parent_id, change, trials_id, trial,
      project_id, created_by, dataset_id, dataset_version, data_hash, weights_hash, last_seq, created_at, last_at)
    select id, source, name, experiment, tags, notes, metadata, spec, bulk, priority, progress,
      (select parents.id from runs parents where parents.id = parent for key share), change, trials, trial,
      coalesce((select project_id from runs tried where tried.id = (select run_id from trials as begun where begun.id = new.trials)), project),
      (select people.id from people where people.id = person for key share), spec->'dataset'->>'id',
      coalesce((spec->'dataset'->>'version')::int, (select max(version) from dataset_versions where dataset_id = spec->'dataset'->>'id')), data, weights, 1,
      date_trunc('milliseconds', statement_timestamp()), date_trunc('milliseconds', statement_timestamp())
    from new where scope is null or id in (select made from kept) on conflict (trials_id, trial) do nothing returning *),
  logged as (${LOG_STATUS}),
  ${keepSearchable(folding)}
  select ${RUN_COLUMNS} from changed`;

export interface Part {
  trialsId: string;
  trial: number;
}
export interface CreatedRun {
  row: RunRow;
  bulk: Uint8Array | null;
  /** The number of runs ahead of it. */
  position: number;
}
interface Wanted {
  id: string;
  source: RunSource;
  bulk: Uint8Array | null;
  values: Record<string, unknown>;
}
type Outcome = CreatedRun | NoRoom | null;

export class NewRuns {
  readonly #database: Database;
  readonly #blobs: BlobStore;
  readonly #insertRuns: string;
  readonly #wanted = new Together<Wanted, Outcome>({
    send: (group) => this.#writeGroup(group),
    most: MOST_AT_ONCE,
    // One with long lists of numbers.
    isAlone: ({ bulk }) => bulk !== null,
  });

  constructor(database: Database, blobs: BlobStore) {
    this.#database = database;
    this.#blobs = blobs;
    this.#insertRuns = insertRuns(database.folding);
  }

  /** Null if the trial already has a run. Throws NoRoom, DATASET_NOT_FOUND, and what the database throws. */
  async create(source: RunSource, part: Part | null): Promise<CreatedRun | null> {
    // Before the run, and outside of its transaction, which others wait for.
    await this.#blobs.keep(source.blobs ?? []);
    await this.#demandKept(hashesOf(source.spec));
    const { spec, bulk } = await splitSpec(source.spec);
    const { id } = newId('run');
    const values = { ...valuesOf({ ...source, spec }, part), id, bulk: bulk?.length ?? null };
    const outcome = await this.#wanted.ask({ id, source, bulk, values });
    if (outcome instanceof NoRoom) throw outcome;
    return outcome;
  }

  async #demandKept({ data, weights }: ReturnType<typeof hashesOf>): Promise<void> {
    const hashes = [...new Set([data, weights])].filter((hash) => hash !== null);
    if (hashes.length === 0 || (await this.#blobs.touch(hashes)) === hashes.length) return;
    throw new RelumineError(
      'DATASET_NOT_FOUND',
      'The numbers that this job names by their hash were deleted with the last run that had them. Send the numbers themselves.',
    );
  }

  async #writeGroup(group: readonly Wanted[]): Promise<Outcome[]> {
    const { pool, kind } = this.#database;
    // Only this process uses an embedded database, and it writes one group after the other.
    const isAlone = kind === 'embedded' && group.every(({ bulk }) => bulk === null);
    const outcomes = await (isAlone
      ? this.#insert(pool, group)
      : inTransaction(pool, async (client) => {
          if (kind === 'server') await client.query('select pg_advisory_xact_lock($1)', [CREATING_LOCK]);
          return this.#insert(client, group);
        }));
    for (const [index, { id }] of group.entries()) {
      const outcome = outcomes[index];
      if (outcome && !(outcome instanceof NoRoom)) this.#database.tell({ type: 'appended', runId: id, seq: 1 });
    }
    return outcomes;
  }

  async #insert(on: pg.Pool | pg.PoolClient, group: readonly Wanted[]): Promise<Outcome[]> {
    const origins = group.map(({ source: { origin = NO_ORIGIN } }) => origin);
    const waiting = await WaitingCounts.read(on, origins);
    const admitted = group.map(({ source }) => admit(waiting, source));
    const inserted = group.filter((_, index) => typeof admitted[index] === 'number');
    const { rows } =
      inserted.length === 0
        ? { rows: [] }
        : await on.query<RunRow>({
            ...prepared(this.#insertRuns),
            values: [toJson(inserted.map(({ values }) => values)), this.#database.presence],
          });
    const created = new Map(rows.map((row) => [row.id, row]));
    for (const { id, bulk } of inserted) if (bulk && created.has(id)) await writeParts(on, runPart(id, BULK), bulk);
    return group.map(({ id, bulk }, index) => {
      const position = admitted[index]!;
      const row = created.get(id);
      if (typeof position !== 'number') return position;
      return row ? { row, bulk, position } : null;
    });
  }
}

/** Its position, and it counts from then on. */
function admit(waiting: WaitingCounts, { spec, origin = NO_ORIGIN, room }: RunSource): number | NoRoom {
  return (room && waiting.refusal(origin, room)) ?? waiting.add(origin, spec.priority);
}

function valuesOf(
  { kind, spec, progress, parent, origin = NO_ORIGIN }: RunSource,
  part: Part | null,
): Record<string, unknown> {
  return {
    source: kind,
    name: cleanLabel(spec.name),
    experiment: cleanLabel(spec.experiment),
    tags: spec.tags.map(cleanLabel),
    notes: cleanLabel(spec.notes),
    metadata: spec.metadata,
    spec,
    priority: spec.priority,
    progress,
    parent: parent?.id ?? null,
    change: parent?.change ?? [],
    trials: part?.trialsId ?? null,
    trial: part?.trial ?? null,
    project: origin.project,
    person: origin.createdBy,
    scope: origin.answer?.scope ?? null,
    key: origin.answer?.key ?? null,
    ...hashesOf(spec),
  };
}

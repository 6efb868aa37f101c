/**
 * Which processes are there. On a server each holds a lock for as long as its connection for hints lives: Postgres releases
 * it at once when the process dies. Whoever stands still keeps it, and is known by the heartbeats that are missing.
 */
import { randomUUID } from 'node:crypto';

/** The name of a process. Names of earlier versions, which hold no lock, begin otherwise. */
export const newPresence = (): string => `process_${randomUUID()}`;

/** $1: the name. */
export const HOLD_PRESENCE = 'select pg_advisory_lock_shared(hashtextextended($1, 0))';

/** SQL for whether the process with this name is there; `name`: a text. */
export const isPresent = (name: string): string => `exists (select from pg_locks where locktype = 'advisory' and granted
  and database = (select oid from pg_database where datname = current_database()) and objsubid = 1
  and ((classid::bigint << 32) | objid::bigint) = hashtextextended(${name}, 0))`;

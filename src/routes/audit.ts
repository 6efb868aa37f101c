/** Writes down what a request has changed: every route that changes something calls this once, when it is done. */
import type { FastifyRequest } from 'fastify';
import type { Store } from '../store/store.ts';
import type { AuditAction, AuditState, DatasetInfo, Run } from '../vocabulary/index.ts';

/** The thing that was changed. Null: it belongs to no project. */
export interface Audited {
  readonly id: string;
  readonly project?: string | null;
}
export interface AuditedChange {
  before?: AuditState | null;
  after?: AuditState | null;
}
export type Audit = (
  request: FastifyRequest,
  action: AuditAction,
  thing: Audited,
  change?: AuditedChange,
) => Promise<void>;

export const auditor =
  ({ audit }: Pick<Store, 'audit'>): Audit =>
  async ({ caller, ip, log }, action, { id, project = null }, { before = null, after = null } = {}) => {
    const { person, via, credential } = caller;
    const entry = {
      person,
      via,
      keyId: via === 'key' ? credential : null,
      address: ip,
      action,
      project,
      objectId: id,
      before: before && (brief(before) as AuditState),
      after: after && (brief(after) as AuditState),
    };
    // It has happened, so to answer that it has failed would be wrong.
    await audit.add(entry).catch((error: unknown) => {
      log.error({ err: error, entry }, 'could not write to the audit log');
    });
  };

/** The fields of `patch`, as they were before and as they are after. */
export const changeOf = <T extends object>(
  patch: { readonly [K in keyof T]?: unknown },
  before: T,
  after: T,
): Required<AuditedChange> => {
  const pick = (thing: T) =>
    Object.fromEntries(Object.keys(patch).map((key) => [key, thing[key as keyof T] ?? null] as const));
  return { before: pick(before), after: pick(after) };
};

/** Enough to know which run it was, when it is gone. */
export const runFacts = ({ name, experiment, status, parentId, spec: { dataset } }: Run): AuditState => ({
  name,
  experiment,
  status,
  dataset: dataset.id ?? dataset.name ?? null,
  ...(parentId !== null && { parentId }),
});
export const datasetFacts = ({ name, version, task, samples }: DatasetInfo): AuditState => ({
  name: name ?? null,
  version: version ?? null,
  task,
  samples,
});

const LONGEST_TEXT = 500;
const MOST_ITEMS = 50;

/** Long texts and lists are cut, so that an entry stays small. */
function brief(value: unknown): unknown {
  if (typeof value === 'string') return value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value;
  if (Array.isArray(value)) {
    const items = value.slice(0, MOST_ITEMS).map(brief);
    return value.length > MOST_ITEMS ? [...items, `… ${value.length - MOST_ITEMS} more`] : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, brief(item)]));
}

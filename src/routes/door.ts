/**
 * The only way from a request to the thing that it names: a run, a data set, a view or a project. No route passes ids to a
 * station itself, so that here is decided what a caller may see and do.
 *
 * What is in a project where the caller has no role is not found, by the same query and with the same message as what does
 * not exist. What is seen needs the role that the rule of the route says.
 */
import { RelumineError, notFound } from '../errors.ts';
import { mayIn, projectsOf, roleIn, type Caller } from '../people/caller.ts';
import type { Rule } from '../people/rules.ts';
import type { KeptBlobs } from '../schemas/index.ts';
import {
  BUILT_IN_DATASETS,
  DEFAULT_PROJECT,
  isBuiltInDataset,
  isPackagedDataset,
  PACKAGED_DATASETS,
  PROJECT_ROLES,
  type BuiltInDataset,
  type Comment,
  type DatasetInfo,
  type DatasetRef,
  type Delivery,
  type Person,
  type ListedDataset,
  type Project,
  type ProjectRole,
  type Run,
  type ShareLink,
  type View,
  type Webhook,
} from '../vocabulary/index.ts';
import type { Shelf } from '../shelf/shelf.ts';
import type { AnswerKey, Origin, Sight, Store } from '../store/store.ts';

/** A request, as far as it says who asks and by which route. */
interface Asking {
  caller: Caller;
  rule: Rule | null;
  /** The key under which its answer will be kept. */
  idempotencyKey?: AnswerKey | null;
}
/** One whose path names a thing. */
export interface Named extends Asking {
  params: { id: string };
}

/** What a list contains: things of these projects, and of a share link these runs only. */
export interface ListSight {
  sight: Sight;
  ids?: readonly string[];
}

export interface Door {
  /** Throws RUN_NOT_FOUND or FORBIDDEN. */
  findRun: (request: Named) => Promise<Run>;
  /** A built-in data set by its name, an uploaded one by its id or name. Throws DATASET_NOT_FOUND or FORBIDDEN. */
  findDataset: (request: Named, version?: number) => Promise<FoundDataset>;
  /** Those with these ids, in this order. Throws RUN_NOT_FOUND for the first that is not there, or FORBIDDEN. */
  findRuns: (request: Asking, ids: readonly string[]) => Promise<Run[]>;
  /** A comment on the run that the path names. Throws RUN_NOT_FOUND, COMMENT_NOT_FOUND or FORBIDDEN. */
  findComment: (
    request: Asking & { params: { id: string; comment: string } },
  ) => Promise<{ run: Run; comment: Comment }>;
  /** Throws SHARE_LINK_NOT_FOUND or FORBIDDEN. */
  findShareLink: (request: Named) => Promise<ShareLink>;
  /** Throws VIEW_NOT_FOUND or FORBIDDEN. */
  findView: (request: Named) => Promise<View>;
  /** Oneself, or for an owner anybody. Throws PERSON_NOT_FOUND. */
  findPerson: (request: Named) => Promise<Person>;
  /** Throws WEBHOOK_NOT_FOUND or FORBIDDEN. */
  findWebhook: (request: Named) => Promise<Webhook>;
  /** The one of the webhook that the path names. Throws DELIVERY_NOT_FOUND. */
  findDelivery: (request: { params: { delivery: string } }, webhook: Webhook) => Promise<Delivery>;
  /** By id or name. Throws PROJECT_NOT_FOUND or FORBIDDEN. */
  findProject: (request: Named) => Promise<Project>;
  /**
   * The uploaded data set that a job in the body names, in the version that it wants, or in the newest one if there is no
   * such version; null if there is none. Of several with the name, one of the project `first` is meant.
   */
  findUploaded: (request: Asking, ref: DatasetRef | null, first?: string) => Promise<DatasetInfo | null>;
  /** What a job names by hashes, as far as runs that the caller sees have it. */
  findKept: (request: Asking, hashes: readonly string[]) => Promise<KeptBlobs>;
  /** The run that a job in the body names as its parent; null if there is none. */
  findParent: (request: Asking, id: string | undefined) => Promise<Run | null>;
  /**
   * Where something new goes, and who makes it. `wanted`: the id or name of a project. Without one: `default`, or the only
   * project of a caller who has no role there. Throws PROJECT_NOT_FOUND or FORBIDDEN.
   */
  originFor: (request: Asking, wanted?: string) => Promise<Origin>;
  /** What a list may contain, of one project if the query names one. Throws PROJECT_NOT_FOUND or FORBIDDEN. */
  sightFor: (request: Asking, wanted?: string) => Promise<ListSight>;
}

export type FoundDataset =
  { kind: 'builtIn'; name: BuiltInDataset; info: DatasetInfo } | { kind: 'uploaded'; id: string; info: DatasetInfo };

/** `shelf` reads data sets that are there as files when they are first named, and again when the files have changed. */
export function openDoor(
  store: { runs: Pick<Store['runs'], 'get'> } & Pick<
    Store,
    'datasets' | 'blobs' | 'views' | 'projects' | 'people' | 'comments' | 'shareLinks' | 'webhooks' | 'deliveries'
  >,
  shelf?: Pick<Shelf, 'take' | 'packageReason'>,
): Door {
  /** Throws DATASET_NOT_FOUND, with the way to get it, for a known one whose files are not there. */
  const named = async (name: string, sight: Sight, first: string | null): Promise<DatasetInfo | null> => {
    const found = await (shelf ? shelf.take(name, sight, first) : store.datasets.named(name, sight, first));
    if (found !== null || !isPackagedDataset(name)) return found;
    throw new RelumineError('DATASET_NOT_FOUND', `Data set "${name}": ${PACKAGED_DATASETS[name].reason}`);
  };

  /** Throws RUN_NOT_FOUND or FORBIDDEN. */
  const runNamed = async (request: Asking, id: string): Promise<Run> => {
    const { caller } = request;
    const run = canSee(caller, id) ? await store.runs.get(id, runSight(caller)) : null;
    if (!run) throw notFound('RUN_NOT_FOUND', id);
    if (caller.sharedRuns === null) demand(request, run.project, leastRole(request));
    else if (leastRole(request) !== 'viewer') throw forbidden(leastRole(request), 'viewer');
    return run;
  };

  const projectNamed = async ({ caller }: Asking, wanted: string) => {
    const found = await store.projects.find(wanted, projectsOf(caller));
    if (!found) throw notFound('PROJECT_NOT_FOUND', wanted);
    return found;
  };

  return {
    findRun: (request) => runNamed(request, request.params.id),

    async findRuns(request, ids) {
      const runs: Run[] = [];
      for (const id of ids) runs.push(await runNamed(request, id));
      return runs;
    },

    async findComment(request) {
      const { id, comment: name } = request.params;
      const run = await runNamed(request, id);
      const comment = await store.comments.get(run.id, name);
      if (!comment) throw notFound('COMMENT_NOT_FOUND', name);
      return { run, comment };
    },

    async findShareLink(request) {
      const { caller, params } = request;
      const link = await store.shareLinks.get(params.id, projectsOf(caller));
      if (!link) throw notFound('SHARE_LINK_NOT_FOUND', params.id);
      demand(request, link.project, leastRole(request));
      return link;
    },

    async findDataset(request, version) {
      const { caller, params } = request;
      const { id } = params;
      const least = leastRole(request);
      if (isBuiltInDataset(id)) return { kind: 'builtIn', name: id, info: builtIn(id, shelf?.packageReason(id)) };
      const sight = projectsOf(caller);
      const newest = (await store.datasets.info(id, null, sight)) ?? (await named(id, sight, null));
      if (newest?.id === undefined) throw notFound('DATASET_NOT_FOUND', id);
      if (typeof newest.project === 'string') demand(request, newest.project, least);
      else if (least !== 'viewer' && !caller.isOwner)
        throw new RelumineError(
          'FORBIDDEN',
          'This data set was read from files of the service, for everybody. Only an owner may change or delete it.',
        );
      const info = version === undefined ? newest : await store.datasets.info(newest.id, version, sight);
      if (info) return { kind: 'uploaded', id: newest.id, info };
      throw new RelumineError(
        'DATASET_NOT_FOUND',
        `Data set ${JSON.stringify(id.slice(0, 100))} has no version ${version}. Its newest one is ${newest.version}.`,
      );
    },

    async findView(request) {
      const { caller, params } = request;
      const view = await store.views.get(params.id, projectsOf(caller));
      if (!view) throw notFound('VIEW_NOT_FOUND', params.id);
      demand(request, view.project, leastRole(request));
      return view;
    },

    async findPerson({ caller, params }) {
      const isSeen = caller.isOwner || caller.person?.id === params.id;
      const person = isSeen ? await store.people.get(params.id) : null;
      if (!person) throw notFound('PERSON_NOT_FOUND', params.id);
      return person;
    },

    async findWebhook(request) {
      const { caller, params } = request;
      const webhook = await store.webhooks.get(params.id);
      if (!webhook || roleIn(caller, webhook.project) === null) throw notFound('WEBHOOK_NOT_FOUND', params.id);
      demand(request, webhook.project, leastRole(request));
      return webhook;
    },

    async findDelivery({ params }, { id }) {
      const delivery = await store.deliveries.get(params.delivery);
      if (delivery?.webhookId !== id) throw notFound('DELIVERY_NOT_FOUND', params.delivery);
      return delivery;
    },

    async findProject(request) {
      const project = await projectNamed(request, request.params.id);
      demand(request, project.id, leastRole(request));
      return { ...project, role: roleIn(request.caller, project.id) ?? 'viewer' };
    },

    async findUploaded({ caller }, ref, first) {
      if (ref === null) return null;
      const { id, name = '', version = null } = ref;
      const sight = projectsOf(caller);
      const newest = await (id === undefined
        ? named(name, sight, first ?? null)
        : store.datasets.info(id, null, sight));
      if (newest?.id === undefined || version === null || version === newest.version) return newest;
      return (await store.datasets.info(newest.id, version, sight)) ?? newest;
    },

    findKept: ({ caller }, hashes) => store.blobs.find(hashes, projectsOf(caller)),

    findParent: async ({ caller }, id) => (id === undefined ? null : store.runs.get(id, projectsOf(caller))),

    async originFor(request, wanted) {
      const { caller } = request;
      const project = wanted === undefined ? usualProject(caller) : (await projectNamed(request, wanted)).id;
      demand(request, project, leastRole(request));
      return { project, createdBy: caller.person?.id ?? null, answer: request.idempotencyKey ?? null };
    },

    async sightFor(request, wanted) {
      const { caller } = request;
      if (wanted === undefined)
        return caller.sharedRuns
          ? { sight: null, ids: [...caller.sharedRuns] }
          : { sight: projectsOf(caller, leastRole(request)) };
      const { id } = await projectNamed(request, wanted);
      demand(request, id, leastRole(request));
      return { sight: [id] };
    },
  };
}

/** Of the rule of the route. Whoever gets as far as the door may do what needs no role. */
const leastRole = ({ rule }: Asking): ProjectRole => PROJECT_ROLES.find((role) => role === rule) ?? 'viewer';

const canSee = ({ sharedRuns }: Caller, runId: string): boolean => sharedRuns === null || sharedRuns.has(runId);
/** A share link names its runs, wherever they are. */
const runSight = (caller: Caller): Sight => (caller.sharedRuns === null ? projectsOf(caller) : null);

/** Throws PROJECT_NOT_FOUND if there is none, or several to choose from. */
function usualProject(caller: Caller): string {
  if (roleIn(caller, DEFAULT_PROJECT) !== null) return DEFAULT_PROJECT;
  const [only, ...others] = caller.roles.keys();
  if (only === undefined || others.length > 0) throw notFound('PROJECT_NOT_FOUND', DEFAULT_PROJECT);
  return only;
}

/** The role `least` in the project, which the caller sees. Throws FORBIDDEN. */
function demand({ caller }: Asking, project: string, least: ProjectRole): void {
  if (!mayIn(caller, project, least)) throw forbidden(least, roleIn(caller, project) ?? 'viewer');
}

const forbidden = (needed: ProjectRole, role: ProjectRole) =>
  new RelumineError('FORBIDDEN', `This needs the role "${needed}" in the project, and yours is "${role}".`);

/** `reason`: why its files are not there; null if they are, undefined if it needs none. */
export const builtIn = (name: BuiltInDataset, reason: string | null | undefined): DatasetInfo => ({
  object: 'dataset',
  name,
  ...BUILT_IN_DATASETS[name],
  ...(reason !== undefined && { available: reason === null }),
  ...(reason && { reason }),
});

/** A data set that is there as files and was not read yet, or a known one whose files are not there. */
export function notRead(name: string, isThere: boolean): ListedDataset {
  if (isPackagedDataset(name)) {
    const { reason, ...known } = PACKAGED_DATASETS[name];
    return { object: 'dataset', name, ...known, available: isThere, ...(isThere ? {} : { reason }) };
  }
  return {
    object: 'dataset',
    name,
    kind: 'real',
    status: 'unread',
    task: null,
    samples: null,
    features: null,
    outputs: null,
    description: 'Files in DATASETS_DIR that were not read yet: task and size are known once somebody looks at it.',
    available: true,
  };
}

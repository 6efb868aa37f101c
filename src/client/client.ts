/** The service as typed calls, for Node and for browsers. */
import {
  decodeSnapshot,
  type CheckpointSelector,
  type CheckpointInfo,
  type ConfusionAnswer,
  type DatasetInfo,
  type ListedDataset,
  type DatasetPatch,
  type DatasetPreview,
  type Diagnosis,
  type EngineListing,
  type EvaluationAnswer,
  type EventMessage,
  type ForkJob,
  type HistogramKind,
  type HistogramsAnswer,
  type ImportAnswer,
  type Job,
  type JobSpec,
  type LayersAnswer,
  type List,
  type Me,
  type MetricsAnswer,
  type ModelFormat,
  type NeuronsAnswer,
  type NeuronState,
  type NewView,
  type Prediction,
  type Run,
  type RunGroups,
  type RunPatch,
  type RunStatus,
  type DataPart,
  type SamplesAnswer,
  type Spacing,
  type Snapshot,
  type SummaryKey,
  type TableFormat,
  type Trials,
  type TrialsJob,
  type Upload,
  type ValidationAnswer,
  type View,
  type ViewPage,
  type ViewPatch,
} from '../vocabulary/index.ts';
import type { WatchMessage } from './connection.ts';
import { Http, type HttpOptions } from './http.ts';
import { InvitationCalls, KeyCalls, PeopleCalls, SessionCalls } from './people-calls.ts';
import { AuditCalls, ProjectCalls, WebhookCalls } from './project-calls.ts';
import { CommentCalls, ShareLinkCalls } from './sharing-calls.ts';
import { formOf, type UploadFile, type UploadHooks, type UploadOptions } from './upload.ts';
import { watchRun, type WatchOptions } from './watch.ts';

export type { EventMessage };

export interface ListQuery {
  /** Id or name: only the runs of that project. */
  project?: string;
  /** The id of a person, or `me`: those that it made. */
  createdBy?: string;
  status?: RunStatus | readonly RunStatus[];
  experiment?: string;
  tag?: string;
  /** The id of a run: only the runs that were made from it, those of its trials included. */
  parent?: string;
  /** Without `parent`: whether the runs of trials are listed too; they are not by default. */
  trials?: 'include' | 'exclude';
  q?: string;
  /** For example `summary.valLoss < 0.1 and spec.training.optimizer.type = "adam"`. */
  filter?: string;
  /** A field, such as `valLoss` or `spec.training.epochs`, with `-` in front for descending order. */
  orderBy?: string;
  after?: string;
  limit?: number;
}
export interface GroupsQuery extends Omit<ListQuery, 'orderBy' | 'after'> {
  /** The figures of the summary; all of them by default. */
  keys?: readonly SummaryKey[];
}
export interface MetricsQuery {
  keys?: readonly string[];
  fromStep?: number;
  toStep?: number;
  points?: number | 'all';
  /** `log`: the points are spaced for a logarithmic axis of steps. */
  spacing?: Spacing;
  /** 0..0.99: each series also has `smoothed`. */
  smoothing?: number;
  /** In steps; without it each series' own range. */
  smoothingRange?: number;
  /** The answer also says when the run was at which step. */
  times?: boolean;
}
export interface NeuronsQuery {
  layer?: string;
  state?: NeuronState | readonly NeuronState[];
  diedAfter?: number;
  step?: number;
}
export interface SnapshotsQuery {
  fromStep?: number;
  toStep?: number;
  limit?: number;
  points?: number;
}

export class RelumineClient {
  readonly #http: Http;

  readonly session: SessionCalls;
  readonly people: PeopleCalls;
  readonly keys: KeyCalls;
  readonly invitations: InvitationCalls;
  readonly projects: ProjectCalls;
  readonly shareLinks: ShareLinkCalls;
  readonly comments: CommentCalls;
  readonly webhooks: WebhookCalls;
  readonly audit: AuditCalls;

  /** Where people are registered, a program needs a key. */
  constructor(baseUrl = 'http://127.0.0.1:3000', options: HttpOptions = {}) {
    const http = (this.#http = new Http(baseUrl, options));
    this.session = new SessionCalls(http);
    this.people = new PeopleCalls(http);
    this.keys = new KeyCalls(http);
    this.invitations = new InvitationCalls(http);
    this.projects = new ProjectCalls(http);
    this.shareLinks = new ShareLinkCalls(http);
    this.comments = new CommentCalls(http);
    this.webhooks = new WebhookCalls(http);
    this.audit = new AuditCalls(http);
  }

  /** Who one is here, and what one may see. */
  me(): Promise<Me> {
    return this.#http.json('GET', '/v1/me');
  }

  /** With a key, the call can be repeated safely: it returns the first run again. */
  submit(job: Job | JobSpec, options: { idempotencyKey?: string } = {}): Promise<Run> {
    const headers: Record<string, string> =
      options.idempotencyKey === undefined ? {} : { 'idempotency-key': options.idempotencyKey };
    return this.#http.json('POST', '/v1/runs', { body: job, headers });
  }

  /** The job with every default filled in; rejects with every invalid field in `details`. */
  validate(job: unknown, { signal }: { signal?: AbortSignal } = {}): Promise<ValidationAnswer> {
    return this.#http.json('POST', '/v1/runs', { query: { validateOnly: true }, body: job, signal });
  }

  get(runId: string): Promise<Run> {
    return this.#http.json('GET', run(runId));
  }

  /** All runs that match. Pages are fetched as needed. */
  async *list(query: ListQuery = {}): AsyncGenerator<Run, void> {
    for (let { after } = query; ;) {
      const page = await this.listPage({ ...query, after });
      yield* page.data;
      if (!page.hasMore || page.nextCursor === null) return;
      after = page.nextCursor;
    }
  }

  listPage(query: Omit<ListQuery, 'after'> & { after?: string | undefined } = {}): Promise<List<Run>> {
    return this.#http.json('GET', '/v1/runs', { query: { ...query } });
  }

  /** Runs with the same values of the fields, with statistics of their summaries; the largest groups first. */
  groups(by: string | readonly string[], query: GroupsQuery = {}): Promise<RunGroups> {
    return this.#http.json('GET', '/v1/runs/groups', { query: { ...query, by } });
  }

  patch(runId: string, patch: RunPatch): Promise<Run> {
    return this.#http.json('PATCH', run(runId), { body: patch });
  }
  delete(runId: string): Promise<void> {
    return this.#http.json('DELETE', run(runId));
  }
  cancel(runId: string): Promise<Run> {
    return this.#http.json('POST', `${run(runId)}/cancel`);
  }
  pause(runId: string): Promise<Run> {
    return this.#http.json('POST', `${run(runId)}/pause`);
  }
  resume(runId: string): Promise<Run> {
    return this.#http.json('POST', `${run(runId)}/resume`);
  }

  /** Every message of the run, stored and live, until it ends; reconnects by itself. */
  watch(runId: string, options: WatchOptions = {}): AsyncGenerator<WatchMessage, void> {
    return watchRun(this.#http, runId, options);
  }

  metrics(runId: string, query: MetricsQuery = {}): Promise<MetricsAnswer> {
    return this.#http.json('GET', `${run(runId)}/metrics`, { query: { ...query } });
  }
  /** Every metric of the run as a table, one row per step; the bytes come as they are made. */
  exportMetrics(
    runId: string,
    format: TableFormat,
    query: Omit<MetricsQuery, 'smoothing' | 'smoothingRange' | 'times'> = {},
  ): Promise<ReadableStream<Uint8Array>> {
    return this.#http.stream(`${run(runId)}/metrics`, { ...query, format });
  }
  /** A verdict as a table, one row per neuron. */
  exportNeurons(runId: string, format: TableFormat, query: NeuronsQuery = {}): Promise<ReadableStream<Uint8Array>> {
    return this.#http.stream(`${run(runId)}/neurons`, { ...query, format });
  }
  /** Every run that matches as a table, one per row, with its spec and summary in columns. */
  exportRuns(
    format: Exclude<TableFormat, 'parquet'>,
    query: Omit<ListQuery, 'after' | 'limit'> = {},
  ): Promise<ReadableStream<Uint8Array>> {
    return this.#http.stream('/v1/runs', { ...query, format });
  }
  /** A whole experiment as one file, which `importArchive` of any Relumine reads. `data`: with its uploaded data sets. */
  exportExperiment(name: string, query: { data?: boolean } = {}): Promise<ReadableStream<Uint8Array>> {
    return this.#http.stream(`/v1/experiments/${encodeURIComponent(name)}/archive`, query);
  }
  /** Adds the runs of an archive to this service: all of them, or none. */
  importArchive(archive: Blob | Uint8Array<ArrayBuffer> | ReadableStream): Promise<ImportAnswer> {
    return this.#http.upload('/v1/archives', archive, 'application/gzip');
  }
  events(runId: string, query: { after?: number; limit?: number } = {}): Promise<List<EventMessage>> {
    return this.#http.json('GET', `${run(runId)}/events`, { query });
  }
  /** Of a network with more neurons than `limit`, the next ones are behind `nextCursor`. */
  neurons(runId: string, query: NeuronsQuery & { limit?: number; after?: string } = {}): Promise<NeuronsAnswer> {
    return this.#http.json('GET', `${run(runId)}/neurons`, { query: { ...query } });
  }
  /** Of weights, gradients and activations, by layer and verdict. */
  histograms(
    runId: string,
    query: { layer?: string; kind?: HistogramKind; fromStep?: number; toStep?: number } = {},
  ): Promise<HistogramsAnswer> {
    return this.#http.json('GET', `${run(runId)}/histograms`, { query: { ...query } });
  }
  /** Sizes of weights, gradients and updates, by layer and verdict. */
  layers(runId: string): Promise<LayersAnswer> {
    return this.#http.json('GET', `${run(runId)}/layers`);
  }
  diagnosis(runId: string): Promise<Diagnosis> {
    return this.#http.json('GET', `${run(runId)}/diagnosis`);
  }
  /** A new run of the same job, patched, that starts from the weights of this one. */
  fork(runId: string, fork: ForkJob = {}): Promise<Run> {
    return this.#http.json('POST', `${run(runId)}/fork`, { body: fork });
  }
  /** Tries the advice of the diagnosis beside the untouched job; `trials` says how far that is. */
  startTrials(runId: string, job: TrialsJob = {}): Promise<Trials> {
    return this.#http.json('POST', `${run(runId)}/trials`, { body: job });
  }
  trials(runId: string): Promise<Trials> {
    return this.#http.json('GET', `${run(runId)}/trials`);
  }
  cancelTrials(runId: string): Promise<Trials> {
    return this.#http.json('DELETE', `${run(runId)}/trials`);
  }
  checkpoints(runId: string): Promise<List<CheckpointInfo>> {
    return this.#http.json('GET', `${run(runId)}/checkpoints`);
  }

  async snapshots(runId: string, query: SnapshotsQuery = {}): Promise<Snapshot[]> {
    const response = await this.#http.request('GET', `${run(runId)}/snapshots`, { query: { ...query } });
    const bytes = new Uint8Array(await response.arrayBuffer());
    const snapshots: Snapshot[] = [];
    for (let offset = 0; offset < bytes.length;) {
      const { next, ...snapshot } = decodeSnapshot(bytes, offset);
      snapshots.push(snapshot);
      offset = next;
    }
    return snapshots;
  }

  /**
   * The trained model as a file; the documentation describes each format. `opset` asks for a version of ONNX's operator
   * set; the default is the lowest possible. `checkpoint: 'best'` asks for the weights of the best epoch.
   */
  async model(
    runId: string,
    format: ModelFormat = 'json',
    query: { opset?: number; checkpoint?: CheckpointSelector } = {},
  ): Promise<Uint8Array> {
    const response = await this.#http.request('GET', `${run(runId)}/model`, { query: { format, ...query } });
    return new Uint8Array(await response.arrayBuffer());
  }

  /** The scores of the trained model, with recall and precision of every class. */
  evaluation(runId: string): Promise<EvaluationAnswer> {
    return this.#http.json('GET', `${run(runId)}/evaluation`);
  }

  /** The confusion matrix of a classifier, with the samples of one cell if `actual` and `predicted` are given. */
  confusion(
    runId: string,
    query: {
      checkpoint?: CheckpointSelector;
      part?: DataPart;
      actual?: number;
      predicted?: number;
      limit?: number;
    } = {},
  ): Promise<ConfusionAnswer> {
    return this.#http.json('GET', `${run(runId)}/confusion`, { query: { ...query } });
  }
  /** Samples of the run's data, spread evenly over a part, with inputs as `predict` takes them. */
  samples(runId: string, query: { part?: DataPart; limit?: number } = {}): Promise<SamplesAnswer> {
    return this.#http.json('GET', `${run(runId)}/samples`, { query: { ...query } });
  }

  /** Rows of inputs, or rows of values by the names of the data set's columns. */
  predict(
    runId: string,
    rows: readonly (readonly number[])[] | readonly Readonly<Record<string, unknown>>[],
    query: { checkpoint?: CheckpointSelector } = {},
  ): Promise<Prediction> {
    const body = Array.isArray(rows[0]) ? { inputs: rows } : { rows };
    return this.#http.json('POST', `${run(runId)}/predict`, { query, body });
  }

  /** Of one project, or all that one may see. */
  async datasets(query: { project?: string } = {}): Promise<ListedDataset[]> {
    return (await this.#http.json<List<ListedDataset>>('GET', '/v1/datasets', { query })).data;
  }
  /** Rows as JSON. */
  uploadDataset(upload: Upload): Promise<DatasetInfo> {
    return this.#http.json('POST', '/v1/datasets', { body: upload });
  }
  /** Files of one data set, as streams. */
  uploadFiles(
    files: readonly UploadFile[],
    options: UploadOptions = {},
    { onProgress, signal, idempotencyKey }: UploadHooks = {},
  ): Promise<DatasetInfo> {
    const { contentType, body } = formOf(files, onProgress);
    const headers: Record<string, string> = { 'content-type': contentType };
    if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
    return this.#http.json('POST', '/v1/datasets', { query: { ...options }, body, headers, signal });
  }
  dataset(id: string, query: { version?: number | undefined } = {}): Promise<DatasetInfo> {
    return this.#http.json('GET', dataset(id), { query });
  }
  previewDataset(id: string, query: { rows?: number; version?: number | undefined } = {}): Promise<DatasetPreview> {
    return this.#http.json('GET', `${dataset(id)}/preview`, { query });
  }
  /** Newest first, without their columns. */
  async datasetVersions(id: string): Promise<DatasetInfo[]> {
    return (await this.#http.json<List<DatasetInfo>>('GET', `${dataset(id)}/versions`)).data;
  }
  updateDataset(id: string, patch: DatasetPatch): Promise<DatasetInfo> {
    return this.#http.json('PATCH', dataset(id), { body: patch });
  }
  deleteDataset(id: string, query: { force?: boolean } = {}): Promise<void> {
    return this.#http.json('DELETE', dataset(id), { query });
  }
  /** Saved views of the dashboard, of one page or of all. */
  async views(page?: ViewPage, query: { project?: string } = {}): Promise<View[]> {
    return (await this.#http.json<List<View>>('GET', '/v1/views', { query: { page, ...query } })).data;
  }
  saveView(newView: NewView): Promise<View> {
    return this.#http.json('POST', '/v1/views', { body: newView });
  }
  patchView(id: string, patch: ViewPatch): Promise<View> {
    return this.#http.json('PATCH', view(id), { body: patch });
  }
  deleteView(id: string): Promise<void> {
    return this.#http.json('DELETE', view(id));
  }
  async engines(): Promise<EngineListing[]> {
    return (await this.#http.json<List<EngineListing>>('GET', '/v1/engines')).data;
  }
}

const dataset = (id: string) => `/v1/datasets/${encodeURIComponent(id)}`;
const run = (runId: string) => `/v1/runs/${encodeURIComponent(runId)}`;
const view = (id: string) => `/v1/views/${encodeURIComponent(id)}`;

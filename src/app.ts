/** The API between the socket and the stations: plugins and routes in order, nothing else. */
import websocket from '@fastify/websocket';
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { isLoopback, RATE_LIMITS, SESSION_DAYS, type Config } from './config.ts';
import { Callers } from './people/callers.ts';
import { OidcProvider } from './people/oidc.ts';
import { readableAddress, refuseUnreadableAddresses } from './plugins/addresses.ts';
import { limitBodies } from './plugins/body-limits.ts';
import { serveDashboard } from './plugins/dashboard.ts';
import { serveDocumentation } from './plugins/docs-page.ts';
import { lingerAfterEarlyAnswers } from './plugins/early-answers.ts';
import { readBodies } from './plugins/bodies.ts';
import { handleErrors } from './plugins/errors.ts';
import {
  answerAll,
  answerClientError,
  CONNECTION_LIMITS,
  serverOptions,
  type ConnectionLimits,
} from './plugins/http-server.ts';
import { replayAnswers } from './plugins/idempotency.ts';
import { chooseProtocol, identifyCallers } from './plugins/identity.ts';
import { observeRequests } from './plugins/observability.ts';
import { describeRoutes } from './plugins/openapi.ts';
import { prepareRateLimits } from './plugins/rate-limits.ts';
import { guardRequests } from './plugins/security.ts';
import { refuseWhenStopping } from './plugins/stopping.ts';
import { refuseUpgrades } from './plugins/upgrades.ts';
import { validateRequests } from './plugins/validation.ts';
import { archives } from './routes/archives.ts';
import { auditLog } from './routes/audit-log.ts';
import { comments } from './routes/comments.ts';
import { datasets } from './routes/datasets.ts';
import { engines } from './routes/engines.ts';
import { forks } from './routes/forks.ts';
import { health } from './routes/health.ts';
import { history } from './routes/history.ts';
import { invitations } from './routes/invitations.ts';
import { keys } from './routes/keys.ts';
import { layers } from './routes/layers.ts';
import { models } from './routes/models.ts';
import { neurons } from './routes/neurons.ts';
import type { Stations } from './routes/route.ts';
import { projects } from './routes/projects.ts';
import { oidc } from './routes/oidc.ts';
import { people } from './routes/people.ts';
import { runLists } from './routes/run-lists.ts';
import { runs } from './routes/runs.ts';
import { samples } from './routes/samples.ts';
import { sessions } from './routes/sessions.ts';
import { shareLinks } from './routes/share-links.ts';
import { stream } from './routes/stream.ts';
import { trials } from './routes/trials.ts';
import { uploads } from './routes/uploads.ts';
import { personalData } from './routes/personal-data.ts';
import { usage } from './routes/usage.ts';
import { views } from './routes/views.ts';
import { webhooks } from './routes/webhooks.ts';
import { VERSION } from './version.ts';
import { LIMITS } from './vocabulary/index.ts';

export interface AppOptions {
  config: Pick<Config, 'host' | 'allowedHosts' | 'corsOrigins'> &
    Partial<Pick<Config, 'trustProxy' | 'publicUrl' | 'sessionDays' | 'oidc' | 'rateLimits' | 'metricsToken'>>;
  stations: Stations;
  logger: FastifyBaseLogger;
  /** Between two pings of a stream's reader. */
  pingMs?: number;
  /** For tests: other times and amounts. */
  connections?: Partial<ConnectionLimits>;
}

export type App = FastifyInstance;

/** Clients send almost nothing on a stream; its data flows the other way. */
const MOST_INCOMING_BYTES = 1024;
/** Node's own limit. */
const MOST_HEADER_BYTES = 16 * 1024;

export async function buildApp({ config, stations, logger, pingMs, connections }: AppOptions): Promise<App> {
  const limits = { ...CONNECTION_LIMITS, ...connections };
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: LIMITS.bodyBytes,
    trustProxy: config.trustProxy ?? false,
    forceCloseConnections: 'idle',
    // No name is longer than all headers together: what is too long passes the hooks, too.
    routerOptions: { maxParamLength: MOST_HEADER_BYTES },
    rewriteUrl: readableAddress,
    // Hooks refuse what comes then, in the form of all errors.
    return503OnClosing: false,
    http: serverOptions(limits),
    clientErrorHandler: answerClientError,
  });
  answerAll(app.server);

  // Bodies are JSON only: text is refused with 415, not read as a string.
  app.removeContentTypeParser('text/plain');
  readBodies(app);
  handleErrors(app);
  lingerAfterEarlyAnswers(app);
  validateRequests(app);
  await describeRoutes(app, VERSION);
  await app.register(websocket, {
    options: { maxPayload: MOST_INCOMING_BYTES, handleProtocols: chooseProtocol },
    preClose: sendReadersAway,
  });
  observeRequests(app, stations);
  await guardRequests(app, config);
  refuseWhenStopping(app);
  refuseUnreadableAddresses(app);
  refuseUpgrades(app);
  const { publicUrl = null, sessionDays = SESSION_DAYS } = config;
  const callers = new Callers({
    store: stations.store,
    sessionDays,
    isOpenWithoutPeople: isLoopback(config.host),
    onError: (error) => logger.warn({ err: error }, 'could not note the use of a session or key'),
  });
  app.addHook('onClose', () => callers.close());
  const { limitAddresses, limitPeople } = await prepareRateLimits(app, {
    store: stations.store,
    callers,
    limits: config.rateLimits ?? RATE_LIMITS,
  });
  limitAddresses();
  identifyCallers(app, callers, stations.store, config.metricsToken ?? null);
  limitPeople();
  limitBodies(app, limits);
  replayAnswers(app, stations.store);

  for (const routes of [
    runs,
    runLists,
    history,
    neurons,
    layers,
    trials,
    models,
    samples,
    forks,
    datasets,
    uploads,
    archives,
    views,
    comments,
    auditLog,
    projects,
    usage,
    webhooks,
    engines,
    health,
  ])
    await app.register(routes, stations);
  const provider = config.oidc ? new OidcProvider(config.oidc) : null;
  const forPeople = { ...stations, callers, sessionDays, publicUrl, oidcName: provider?.name ?? null };
  for (const routes of [sessions, keys, people, personalData, invitations, shareLinks])
    await app.register(routes, forPeople);
  await app.register(oidc, { ...forPeople, provider, allowedDomains: config.oidc?.allowedDomains ?? [] });
  await app.register(stream, { ...stations, callers, ...(pingMs === undefined ? {} : { pingMs }) });
  serveDocumentation(app);
  await serveDashboard(app);
  return app;
}

const FAREWELL_MS = 1000;

/** 1001 (going away) tells clients to reconnect. A client that does not respond is cut off. */
function sendReadersAway(this: FastifyInstance, done: () => void): void {
  const { clients } = this.websocketServer;
  for (const socket of clients) socket.close(1001, 'the service is stopping');
  setTimeout(() => {
    for (const socket of clients) socket.terminate();
  }, FAREWELL_MS).unref();
  this.websocketServer.close();
  done();
}

/** The dashboard: its built files, and its HTML document at each of its addresses. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyStatic, { type SetHeadersResponse } from '@fastify/static';
import type { FastifyInstance, FastifyRequest } from 'fastify';

const FILES = fileURLToPath(new URL('../../dashboard/', import.meta.url));
/** The same as in the page's router. */
const PAGES = [
  '/',
  '/new',
  '/compare',
  '/runs/:id',
  '/datasets',
  '/datasets/:id',
  '/sign-in',
  '/invitation',
  '/account',
  '/projects',
  '/projects/:id',
  '/people',
  '/audit',
  '/shared/:token',
];
/** For frames in pages of other sites, such as wikis. It shows what its link shows, and knows no session. */
const PANEL = '/embed/:token';
/** Programs talk to these: an address that is missing below them is answered in JSON, whoever asks. */
const FOR_PROGRAMS = /^\/(v1|health|metrics|openapi\.json|assets)(\/|\?|$)/;
/** The page may load only its own files and call only its own service, without inline scripts or styles. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const PANEL_POLICY = POLICY.replace("frame-ancestors 'none'", 'frame-ancestors *');
const YEAR_MS = 365 * 24 * 3600 * 1000;

export async function serveDashboard(app: FastifyInstance, files = FILES): Promise<void> {
  if (!existsSync(`${files}index.html`)) {
    app.get('/', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/docs'));
    return;
  }
  await app.register(fastifyStatic, {
    root: files,
    index: false,
    wildcard: false,
    schemaHide: true,
    cacheControl: false,
    setHeaders,
  });
  for (const url of PAGES) {
    app.get(url, { schema: { hide: true } }, async (_request, reply) =>
      reply.header('content-security-policy', POLICY).sendFile('index.html'),
    );
  }
  app.get(PANEL, { schema: { hide: true } }, async (_request, reply) =>
    reply
      .removeHeader('x-frame-options')
      .headers({ 'content-security-policy': PANEL_POLICY, 'x-robots-tag': 'noindex' })
      .sendFile('index.html'),
  );
  // A person with a browser gets a page that leads home; programs get the error as JSON.
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404 && isForPeople(request))
      return reply.code(404).headers({ 'content-security-policy': POLICY, vary: 'accept' }).sendFile('index.html');
  });
}

const isForPeople = ({ method, url, headers }: FastifyRequest): boolean =>
  (method === 'GET' || method === 'HEAD') && !FOR_PROGRAMS.test(url) && /\btext\/html\b/.test(headers.accept ?? '');

/** Names of built files contain a hash of their content; all others are revalidated each time. */
function setHeaders(response: SetHeadersResponse, path: string): void {
  response.setHeader(
    'cache-control',
    path.includes('/assets/') ? `public, max-age=${YEAR_MS / 1000}, immutable` : 'no-cache',
  );
}

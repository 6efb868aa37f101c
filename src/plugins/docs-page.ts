/** The API for people: one page, written from the OpenAPI document, that loads nothing else. */
import type { FastifyInstance } from 'fastify';

interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  maxLength?: number;
  maxItems?: number;
}
interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema: Schema;
}
interface Content {
  content?: Record<string, { schema: Schema; example?: unknown }>;
  description?: string;
}
interface Operation {
  tags?: string[];
  summary?: string;
  description?: string;
  parameters?: Parameter[];
  requestBody?: Content;
  responses?: Record<string, Content>;
}
interface Document {
  info: { title: string; version: string; description?: string };
  tags?: { name: string; description?: string }[];
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Schema> };
}

export function serveDocumentation(app: FastifyInstance): void {
  let page: string | null = null;
  app.get('/docs', { schema: { hide: true } }, async (_request, reply) => {
    // As a client reads it, because the plugin's types have many forms that our routes do not use.
    page ??= renderPage(JSON.parse(JSON.stringify(app.swagger())) as Document);
    return reply.type('text/html; charset=utf-8').send(page);
  });
}

function renderPage({ info, tags = [], paths, components = {} }: Document): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const sections = tags.map(({ name, description }) => {
    const own = operations.filter(({ operation }) => operation.tags?.includes(name));
    return own.length === 0
      ? ''
      : `<section><h2 id="${escape(name)}">${escape(name)}</h2><p>${escape(description)}</p>${own.map(renderOperation).join('')}</section>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(info.title)} API</title><link rel="icon" href="data:,"><style>${STYLE}</style></head>
<body><main><h1>${escape(info.title)} <small>${escape(info.version)}</small></h1>
${(info.description ?? '')
  .split('\n\n')
  .map((paragraph) => `<p>${withCode(paragraph)}</p>`)
  .join('')}
<nav>${[...tags.map(({ name }) => name), 'schemas'].map((name) => `<a href="#${escape(name)}">${escape(name)}</a>`).join(' ')} <a href="/openapi.json">openapi.json</a></nav>
${sections.join('\n')}
<section><h2 id="schemas">schemas</h2><p>What several answers share.</p>${Object.entries(components.schemas ?? {})
    .map(
      ([name, schema]) =>
        `<details id="${anchorOf(name)}"><summary><code>${escape(name)}</code></summary><div>${renderSchema(schema)}</div></details>`,
    )
    .join('')}</section></main></body></html>`;
}

function renderOperation({ path, method, operation }: { path: string; method: string; operation: Operation }): string {
  const { summary, description, parameters = [], requestBody, responses = {} } = operation;
  const body = Object.values(requestBody?.content ?? {})[0];
  return `<details><summary><b class="${method}">${method.toUpperCase()}</b> <code>${escape(path)}</code> <span>${escape(summary)}</span></summary><div>
${description ? `<p>${withCode(description)}</p>` : ''}
${parameters.length > 0 ? `<h3>Parameters</h3><dl>${parameters.map((parameter) => renderEntry(parameter.name, { ...parameter.schema, description: parameter.description ?? parameter.schema.description }, parameter.required === true, parameter.in)).join('')}</dl>` : ''}
${body ? `<h3>Body</h3>${body.example === undefined ? '' : `<pre>${escape(JSON.stringify(body.example, null, 2))}</pre>`}${renderSchema(body.schema)}` : ''}
<h3>Answers</h3>${Object.entries(responses)
    .map(([status, answer]) => renderAnswer(status, answer))
    .join('')}</div></details>`;
}

function renderAnswer(status: string, { content = {} }: Content): string {
  const [[type, { schema }] = ['nothing', { schema: {} }]] = Object.entries(content) as [string, { schema: Schema }][];
  const isError = Number(status) >= 400;
  return `<details class="answer"><summary>${escape(status)} <span>${escape(isError ? 'an error' : type)}</span></summary>${renderSchema(schema)}</details>`;
}

function renderSchema(schema: Schema): string {
  const { $ref, properties, required = [], items, anyOf } = schema;
  if ($ref !== undefined) return `<p><a href="#${anchorOf(nameOf($ref))}">${escape(nameOf($ref))}</a></p>`;
  if (properties)
    return `<dl>${Object.entries(properties)
      .map(([name, property]) => renderEntry(name, property, required.includes(name)))
      .join('')}</dl>`;
  if (items) return renderSchema(items);
  if (anyOf) return anyOf.map((member) => renderSchema(member)).join('');
  return '';
}

function renderEntry(name: string, schema: Schema, isRequired: boolean, place = ''): string {
  const nested = renderSchema(schema);
  const facts = [
    place,
    kindOf(schema),
    isRequired ? 'required' : '',
    'default' in schema ? `default ${JSON.stringify(schema.default)}` : '',
  ]
    .filter(Boolean)
    .join(', ');
  return `<dt><code>${escape(name)}</code> <i>${escape(facts)}</i></dt><dd>${withCode(schema.description ?? '')}${nested && (schema.anyOf ? `<details><summary>choices</summary>${nested}</details>` : nested)}</dd>`;
}

function kindOf({ $ref, type, const: constant, enum: names, items, anyOf, ...limits }: Schema): string {
  if ($ref !== undefined) return nameOf($ref);
  if (constant !== undefined) return JSON.stringify(constant);
  if (names) return names.map(String).join(' | ');
  if (anyOf) return [...new Set(anyOf.map(kindOf))].join(' | ');
  if (type === 'array') return `list of ${items ? kindOf(items) : 'anything'}`;
  const low = limits.minimum ?? limits.exclusiveMinimum;
  const high = limits.maximum ?? limits.exclusiveMaximum ?? limits.maxLength;
  const range = low === undefined && high === undefined ? '' : ` ${low ?? ''} .. ${high ?? ''}`;
  return `${[type ?? 'anything'].flat().join(' | ')}${range}`;
}

/** The last part of `#/components/schemas/Run`. */
const nameOf = ($ref: string): string => $ref.slice($ref.lastIndexOf('/') + 1);
const anchorOf = (name: string): string => escape(`schema-${name}`);

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text = '') => text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
const withCode = (text: string) => escape(text).replace(/`([^`]+)`/g, '<code>$1</code>');

const STYLE = `:root{color-scheme:light dark;--line:color-mix(in srgb,CanvasText 18%,Canvas);--soft:color-mix(in srgb,CanvasText 6%,Canvas)}
body{font:15px/1.5 system-ui,sans-serif;margin:0}main{max-width:56rem;margin:0 auto;padding:2rem 1rem 6rem}
h1 small{font-weight:400;font-size:1rem}h2{margin:2.5rem 0 0}h2+p{margin:.2rem 0 1rem}h3{margin:1rem 0 .3rem;font-size:1rem}
nav a{margin-right:.8rem}code,pre{font:13px/1.45 ui-monospace,monospace}pre{background:var(--soft);padding:.8rem;overflow:auto;border-radius:6px}
details{border:1px solid var(--line);border-radius:6px;margin:.4rem 0}details>div{padding:0 1rem 1rem}summary{padding:.5rem .8rem;cursor:pointer}
details details{border:0;margin:0}details details summary{padding:.2rem 0}summary span{opacity:.75}summary b{display:inline-block;min-width:4rem}
dl{margin:.2rem 0;padding-left:.8rem;border-left:2px solid var(--line)}dt{margin-top:.3rem}dt i{opacity:.75}dd{margin-left:1rem}`;

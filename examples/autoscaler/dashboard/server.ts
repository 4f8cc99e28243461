/** The controller's web server: the page, its events, the controls, the state as JSON, and the metrics. */
import { readFileSync } from 'node:fs';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { Controller } from '../control/controller.ts';
import { SHAPE_NAMES } from '../load/choose.ts';
import type { LiveLoad, LoadRequest } from '../load/live.ts';
import { policyOf } from '../policy/index.ts';
import type { ViewSource } from './view.ts';

const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['index.html', 'text/html'],
  '/style.css': ['style.css', 'text/css'],
  '/dashboard.js': ['dashboard.js', 'text/javascript'],
  '/plot.js': ['plot.js', 'text/javascript'],
  '/icon.svg': ['icon.svg', 'image/svg+xml'],
};

/** A page of another site may not steer this one: neither under our address nor under a name that leads here. */
const OURS = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

const LOAD_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['shape'],
  properties: {
    shape: { type: 'string', enum: ['none', ...SHAPE_NAMES.filter((name) => name !== 'trace')] },
    low: { type: 'number', minimum: 0, maximum: 1000, default: 30 },
    high: { type: 'number', minimum: 0, maximum: 1000, default: 200 },
    duration: { type: 'number', minimum: 1, maximum: 3600, default: 60 },
  },
} as const;

const SETTINGS_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    policy: { type: 'string' },
    min: { type: 'integer', minimum: 1, maximum: 50 },
    max: { type: 'integer', minimum: 1, maximum: 50 },
    pool: { type: 'integer', minimum: 0, maximum: 20 },
  },
} as const;

interface Parts {
  controller: Controller;
  view: ViewSource;
  load: LiveLoad;
  metrics: Registry;
}

export function dashboard({ controller, view, load, metrics }: Parts): FastifyInstance {
  const server = Fastify({ forceCloseConnections: true });

  server.addHook('onRequest', async (request, reply) => {
    const { host = '', origin } = request.headers;
    const isForeign = origin !== undefined && origin !== `http://${host}`;
    if (!OURS.test(host) || (request.method !== 'GET' && isForeign))
      return reply.code(403).send({ error: 'ask at 127.0.0.1 or localhost' });
  });

  for (const [path, [file, type]] of Object.entries(FILES)) {
    const text = readFileSync(new URL(`page/${file}`, import.meta.url));
    server.get(path, (_request, reply) =>
      reply
        .header('content-security-policy', "default-src 'self'")
        .header('cache-control', 'no-cache')
        .type(`${type}; charset=utf-8`)
        .send(text),
    );
  }

  server.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()));
  server.get('/api/state', () => ({
    ...view.view(),
    snapshot: controller.snapshot,
    settings: controller.settings,
    moments: view.moments,
    entries: view.entries,
  }));

  server.post<{ Body: LoadRequest }>('/api/load', { schema: { body: LOAD_SCHEMA } }, async (request, reply) => {
    load.start(request.body);
    return reply.code(204).send();
  });

  server.post<{ Body: { policy?: string; min?: number; max?: number; pool?: number } }>(
    '/api/settings',
    { schema: { body: SETTINGS_SCHEMA } },
    async ({ body }, reply) => {
      const { min, max } = { ...controller.settings, ...body };
      if (body.policy !== undefined && !policyOf(body.policy))
        return reply.code(400).send({ error: `there is no policy ${body.policy}` });
      if (min > max) return reply.code(400).send({ error: `min ${min} is more than max ${max}` });
      controller.change(body);
      return reply.code(204).send();
    },
  );

  /** Server-sent events: all that is there, then each moment and each entry of the log as it comes. */
  server.get('/api/events', (request, reply) => {
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    const send = (event: string, data: unknown): void =>
      void raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    send('all', { moments: view.moments, entries: view.entries, view: view.view() });
    const ends = [view.listen(() => send('view', view.view())), view.onEntry((entry) => send('entry', entry))];
    request.raw.once('close', () => {
      for (const end of ends) end();
    });
  });

  return server;
}

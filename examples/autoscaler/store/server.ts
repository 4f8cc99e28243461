/**
 * The application: objects over HTTP, at a limited rate. Node's own server and nothing else: a replica's cold start is
 * mostly the reading of its program.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BucketOptions, TokenBucket } from './bucket.ts';
import { fileOf } from './ids.ts';
import { StoreMetrics } from './metrics.ts';
import { Objects, TooLarge } from './objects.ts';

export interface StoreOptions extends BucketOptions {
  /** Where the objects are. */
  directory: string;
  /** Who this is, among those that share the directory. */
  owner: string;
  /** Bytes of one object. */
  limit: number;
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
}

type Handler = (exchange: Exchange) => Promise<void> | void;

const PREFIX = '/objs/';
const now = (): number => performance.now();

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** How long the rest of a refused body is read for, milliseconds: closing at once would take the answer away with it. */
const PATIENCE = 1000;

/** Answer with a short text. */
function answer({ request, response }: Exchange, status: number, text = '', type = 'text/plain'): void {
  if (!request.complete && hasBody(request)) {
    response.setHeader('Connection', 'close');
    request.resume();
    const timer = setTimeout(() => request.destroy(), PATIENCE);
    request.once('close', () => clearTimeout(timer));
  }
  if (status === 204) response.writeHead(status).end();
  else
    response
      .writeHead(status, { 'Content-Type': `${type}; charset=utf-8`, 'Content-Length': Buffer.byteLength(text) })
      .end(request.method === 'HEAD' ? undefined : text);
}

/** What a failed write means to its sender. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** A store that does not listen yet. */
export async function createStore(options: StoreOptions): Promise<Server> {
  const { directory, owner, limit } = options;
  const objects = new Objects(directory, owner, limit);
  await objects.prepare();
  const bucket = new TokenBucket(options, now());
  const metrics = new StoreMetrics();

  async function get(exchange: Exchange, file: string): Promise<void> {
    const found = await objects.read(file);
    if (!found) return answer(exchange, 404, 'no such object\n');
    const { request, response } = exchange;
    response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': found.size });
    if (request.method === 'HEAD' || found.size === 0) {
      await found.handle.close();
      response.end();
    } else await pipeline(found.handle.createReadStream({ end: found.size - 1 }), response);
  }

  async function put(exchange: Exchange, file: string): Promise<void> {
    const { request } = exchange;
    if (Number(request.headers['content-length'] ?? 0) > limit)
      return answer(exchange, 413, `an object has at most ${limit} bytes\n`);
    try {
      answer(exchange, (await objects.write(file, request)) ? 201 : 204);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (error instanceof TooLarge) answer(exchange, 413, `${error.message}\n`);
      else if (FULL.has(code ?? '')) answer(exchange, 507, 'the directory of the objects is full\n');
      else throw error;
    }
  }

  const ofOne: Readonly<Record<string, (exchange: Exchange, file: string) => Promise<void>>> = {
    GET: get,
    HEAD: get,
    PUT: put,
    DELETE: async (exchange, file) => {
      if (await objects.delete(file)) answer(exchange, 204);
      else answer(exchange, 404, 'no such object\n');
    },
  };

  const ofAll: Readonly<Record<string, Handler>> = {
    GET: async (exchange) => answer(exchange, 200, `${JSON.stringify(await objects.list())}\n`, 'application/json'),
    DELETE: async (exchange) => {
      await objects.deleteAll();
      answer(exchange, 204);
    },
  };

  /** Wait for a token. False: there are too many already, and the answer is given. */
  async function admitted(exchange: Exchange): Promise<boolean> {
    const delay = bucket.take(now());
    if (delay === undefined) {
      exchange.response.setHeader('Retry-After', bucket.retryAfter(now()));
      answer(exchange, 503, 'too many requests wait already\n');
      return false;
    }
    if (delay > 0) await sleep(delay);
    return true;
  }

  async function handle(exchange: Exchange): Promise<void> {
    const { request } = exchange;
    const method = request.method ?? '';
    const [path = ''] = (request.url ?? '').split('?');
    // Neither takes a token: a replica that is busy is not ill.
    if (path === '/healthz') return answer(exchange, 200, 'ok\n');
    if (path === '/metrics') return answer(exchange, 200, metrics.text(bucket.waiting(now())));

    const handlers = path === '/' ? ofAll : path.startsWith(PREFIX) ? ofOne : undefined;
    if (!handlers) return answer(exchange, 404, 'there are / and /objs/ID\n');
    if (!Object.hasOwn(handlers, method)) {
      exchange.response.setHeader('Allow', Object.keys(handlers).join(', '));
      return answer(exchange, 405, `${method} is not for this path\n`);
    }
    if (handlers === ofAll) {
      if (await admitted(exchange)) await ofAll[method]?.(exchange);
      return;
    }
    const file = fileIn(path.slice(PREFIX.length));
    if (file === undefined) return answer(exchange, 400, 'an id is of 1 to 255 bytes as a path has it, in UTF-8\n');
    if (await admitted(exchange)) await ofOne[method]?.(exchange, file);
  }

  const server = createServer((request, response) => {
    const began = now();
    response.once('close', () => metrics.observe(request.method ?? '', response.statusCode, (now() - began) / 1000));
    handle({ request, response }).catch((error: Error) => {
      // The sender went away: nobody is left to be told.
      if (request.destroyed || response.destroyed) return;
      process.stderr.write(`${request.method} ${request.url}: ${error.message}\n`);
      if (response.headersSent) response.destroy();
      else answer({ request, response }, 500, 'it failed, see the log\n');
    });
  });
  // The balancer keeps connections for long and must not find one closed that it has just chosen.
  server.keepAliveTimeout = 60_000;
  return server;
}

/** The file's name for an id as a path has it. */
function fileIn(path: string): string | undefined {
  try {
    return fileOf(decodeURIComponent(path));
  } catch {
    return undefined;
  }
}

/** Take no more connections, end those that are idle, and resolve when the last request is answered. */
export async function closeStore(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  await closed;
}

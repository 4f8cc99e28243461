/** One request and what became of it. */
import { Pool } from 'undici';
import { SERVED_BY } from '../balancer/config.ts';
import type { Planned } from './requests.ts';

/** What a request can come to: `ok`, or the kind of its failure. */
export type Kind =
  | 'ok'
  /** Nobody listens. */
  | 'refused'
  /** The connection ended without a full answer. */
  | 'reset'
  /** No full answer by the deadline. */
  | 'deadline'
  /** An answer that is not the whole object. */
  | 'torn'
  /** `status 503` and so on. */
  | `status ${number}`
  | 'other';

export interface Answer {
  kind: Kind;
  /** The replica that answered, by the balancer's header. */
  by: string | undefined;
}

const KINDS: Readonly<Record<string, Kind>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  UND_ERR_ABORTED: 'deadline',
  UND_ERR_CONNECT_TIMEOUT: 'refused',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
};

/** Connections at most; more requests than that at a time wait, and their wait counts. */
const CONNECTIONS = 1024;

export class Client {
  readonly #pool: Pool;

  constructor(origin: string) {
    // The deadline is ours; a pool that had one of its own would call it something else.
    this.#pool = new Pool(origin, { connections: CONNECTIONS, headersTimeout: 0, bodyTimeout: 0, connectTimeout: 0 });
  }

  /** Never rejects. @param deadline Milliseconds from now. */
  async send({ method, path, body }: Planned, deadline: number): Promise<Answer> {
    const over = new AbortController();
    const timer = setTimeout(() => over.abort(), Math.max(0, deadline));
    try {
      const response = await this.#pool.request({
        method,
        path,
        signal: over.signal,
        ...(body && { body, headers: { 'content-type': 'application/octet-stream' } }),
      });
      const bytes = Buffer.from(await response.body.arrayBuffer());
      const { statusCode: status, headers } = response;
      const by = headers[SERVED_BY]?.toString();
      if (status >= 400) return { kind: `status ${status}`, by };
      const announced = headers['content-length'];
      const isWhole = announced === undefined || Number(announced) === bytes.length;
      return { kind: isWhole ? 'ok' : 'torn', by };
    } catch (error) {
      if (over.signal.aborted) return { kind: 'deadline', by: undefined };
      return { kind: KINDS[(error as NodeJS.ErrnoException).code ?? ''] ?? 'other', by: undefined };
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ids of the objects that are there; none when that cannot be had. @param deadline Milliseconds from now. */
  async list(deadline: number): Promise<Set<string>> {
    try {
      const { statusCode, body } = await this.#pool.request({
        method: 'GET',
        path: '/',
        signal: AbortSignal.timeout(deadline),
      });
      const ids = (await body.json()) as unknown;
      return new Set(statusCode === 200 && Array.isArray(ids) ? ids : []);
    } catch {
      return new Set();
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

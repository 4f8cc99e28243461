/**
 * Remote procedure calls: JSON-RPC 2.0 (https://www.jsonrpc.org/specification) over TCP, a message a line. Newlines within
 * JSON texts are escaped, so that a line's end is a message's.
 *
 *   → {"jsonrpc":"2.0","id":1,"method":"Listener.GetServerTimestamps","params":{"netid":"abc1"}}
 *   ← {"jsonrpc":"2.0","id":1,"result":{"received":1764523201000123,"answered":1764523201000161}}
 */
import { once } from 'node:events';
import { connect, type Server, type Socket, createServer as tcp } from 'node:net';
import { createInterface } from 'node:readline';

/** Error codes of the specification. */
export const RPC_ERRORS = {
  parse: { code: -32700, message: 'Parse error' },
  request: { code: -32600, message: 'Invalid Request' },
  method: { code: -32601, message: 'Method not found' },
  params: { code: -32602, message: 'Invalid params' },
  internal: { code: -32603, message: 'Internal error' },
} as const;

/** An error that a server answered with. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code = 'ERR_RPC';
  readonly number: number;

  constructor({ code, message }: { code: number; message: string }) {
    super(`the server says: ${message} (${code})`);
    this.number = code;
  }
}

/** A procedure: gets the parameters, gives the result. What it throws as RpcError is told to the caller. */
export type Procedure = (params: Readonly<Record<string, unknown>>, from: Socket) => unknown;

type Message = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The answer to one line; undefined for a notification, which wants none. */
export function answer(line: string, procedures: ReadonlyMap<string, Procedure>, from: Socket): object | undefined {
  const failed = (error: { code: number; message: string }, id: unknown = null) => ({ jsonrpc: '2.0', id, error });
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch {
    return failed(RPC_ERRORS.parse);
  }
  if (!isObject(request) || request.jsonrpc !== '2.0' || typeof request.method !== 'string')
    return failed(RPC_ERRORS.request);
  const { id, method, params = {} } = request;
  const procedure = procedures.get(method);
  if (!procedure) return failed(RPC_ERRORS.method, id);
  if (!isObject(params)) return failed(RPC_ERRORS.params, id);
  try {
    const result = procedure(params, from);
    return id === undefined ? undefined : { jsonrpc: '2.0', id, result };
  } catch (error) {
    if (error instanceof RpcError) return failed({ code: error.number, message: error.message }, id);
    return failed(RPC_ERRORS.internal, id);
  }
}

/** Longest line that a server reads, bytes: a peer that never ends its line must not fill the memory. */
const LONGEST = 64 * 1024;

/** Calls `onLine` for each line of a connection; one that is too long ends it. */
function eachLine(socket: Socket, onLine: (line: string) => void): void {
  let pending = 0;
  socket.on('data', (chunk) => {
    const end = chunk.lastIndexOf(0x0a);
    pending = end < 0 ? pending + chunk.length : chunk.length - end - 1;
    if (pending > LONGEST) socket.destroy();
  });
  createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY }).on('line', onLine);
}

/** A server of these procedures, not listening yet. */
export function createServer(procedures: ReadonlyMap<string, Procedure>): Server {
  return tcp({ noDelay: true }, (socket) => {
    // A client that goes away in the middle is no failure of the server.
    socket.on('error', () => socket.destroy());
    eachLine(socket, (line) => {
      const message = answer(line, procedures, socket);
      if (message && socket.writable) socket.write(`${JSON.stringify(message)}\n`);
    });
  });
}

/** One connection to a server; calls are answered in order. */
export class RpcClient {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  #last = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    eachLine(socket, (line) => this.#hear(line));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () =>
      this.#fail(Object.assign(new Error('the server closed the connection'), { code: 'ERR_RPC' })),
    );
  }

  /** @param timeout milliseconds for the connection, and for each answer */
  static async connect(host: string, port: number, timeout = 5000): Promise<RpcClient> {
    const socket = connect({ host, port, noDelay: true });
    try {
      await once(socket, 'connect', { signal: AbortSignal.timeout(timeout) });
    } catch (error) {
      socket.destroy();
      if ((error as Error).name !== 'AbortError') throw error;
      throw Object.assign(new Error(`no connection to ${host}:${port} within ${timeout} ms`), { code: 'ETIMEDOUT' });
    }
    socket.setTimeout(timeout, () =>
      socket.destroy(Object.assign(new Error(`no answer within ${timeout} ms`), { code: 'ETIMEDOUT' })),
    );
    return new RpcClient(socket);
  }

  /** Call a procedure. `sent` is called right before the request leaves, `heard` as soon as its answer is there. */
  call(method: string, params: object, on: { sent?(): void; heard?(): void } = {}): Promise<unknown> {
    const id = ++this.#last;
    const line = `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, {
        reject,
        resolve(result) {
          on.heard?.();
          resolve(result);
        },
      });
      on.sent?.();
      this.#socket.write(line);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #hear(line: string): void {
    const message = JSON.parse(line) as { id: number; result?: unknown; error?: { code: number; message: string } };
    const call = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error) call?.reject(new RpcError(message.error));
    else call?.resolve(message.result);
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** TCP servers on all addresses of a name. */
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';

/** Where a server listens, and how it ends, with all its connections. */
export interface Listening extends AsyncDisposable {
  readonly port: number;
}

/** What a name like localhost may resolve to without the machine having it: IPv6 that is off. */
const ABSENT = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

async function listen(server: Server, host: string, port: number): Promise<number> {
  server.listen({ host, port, ipv6Only: true });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/**
 * Listen on every address of `host`: localhost is both 127.0.0.1 and ::1, and a client may try either.
 * @param make one server for each address
 * @param port 0: any that is free, the same for all addresses
 */
export async function listenOn(make: () => Server, host: string, port: number): Promise<Listening> {
  const addresses = [...new Set((await lookup(host, { all: true })).map(({ address }) => address))];
  // The hosts file of a container may know only one of the two.
  if (host === 'localhost') for (const own of ['127.0.0.1', '::1']) if (!addresses.includes(own)) addresses.push(own);
  const servers: Server[] = [];
  const connections = new Set<Socket>();
  const close = async () => {
    for (const connection of connections) connection.destroy();
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  };
  let chosen = port;
  try {
    for (const address of addresses) {
      const server = make();
      server.on('connection', (connection) => {
        connections.add(connection);
        connection.on('close', () => connections.delete(connection));
      });
      try {
        chosen = await listen(server, address, chosen);
        servers.push(server);
      } catch (error) {
        const last = servers.length === 0 && address === addresses.at(-1);
        if (last || !ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
      }
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { port: chosen, [Symbol.asyncDispose]: close };
}

/** Resolves at the first signal that ends a program. */
export function untilEnded(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}

/** Ports of this machine: whether they are free, before anything is started that wants them. */
import { once } from 'node:events';
import { createServer } from 'node:net';

async function tryPort(port: number): Promise<number | undefined> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' ? address?.port : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  } finally {
    server.close();
  }
}

/**
 * @param published ports that lead to containers: nobody listens at them, and yet they are taken
 * @throws an error with code ERR_PORT_IN_USE that names the ports and the options that give others
 */
export async function requireFree(
  ports: Readonly<Record<string, number>>,
  published: ReadonlySet<number>,
): Promise<void> {
  const busy: string[] = [];
  for (const [name, port] of Object.entries(ports))
    if (published.has(port) || (await tryPort(port)) === undefined)
      busy.push(`${port} is in use: give another one with --${name} PORT`);
  if (busy.length > 0) throw Object.assign(new Error(`port ${busy.join('; port ')}`), { code: 'ERR_PORT_IN_USE' });
}

/** A port that nobody has at the moment. */
export async function freePort(): Promise<number> {
  const port = await tryPort(0);
  if (port === undefined) throw new Error('this machine has no free port');
  return port;
}

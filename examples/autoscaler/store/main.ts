/** The store as the service of a container: options come from the environment, SIGTERM ends it when it has answered. */
import { hostname } from 'node:os';
import { closeStore, createStore } from './server.ts';

const number = (name: string, preset: number): number => Number(process.env[name] ?? preset);

async function main(): Promise<void> {
  const server = await createStore({
    directory: process.env.STORE_DIRECTORY ?? '/objects',
    owner: process.env.STORE_OWNER ?? hostname(),
    limit: number('STORE_LIMIT', 16 * 2 ** 20),
    rate: number('STORE_RATE', 40),
    burst: number('STORE_BURST', 4),
    queue: number('STORE_QUEUE', 64),
  });
  process.once('SIGTERM', () => void closeStore(server).then(() => process.exit()));
  server.listen(number('STORE_PORT', 8080), process.env.STORE_ADDRESS ?? '0.0.0.0', () => {
    const address = server.address();
    process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`);
  });
}

void main();

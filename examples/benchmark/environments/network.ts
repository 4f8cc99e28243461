/** A network of the benchmark's own, for suites that send something through it. */
import { randomBytes } from 'node:crypto';
import { createNetwork, type Network } from 'cofferdam';

/** A name that no other run has, short enough for a bridge. */
export const networkName = (): string => `cfbench${randomBytes(3).toString('hex')}`;

/** Let `work` use a network; it is gone afterwards. */
export async function withNetwork<T>(work: (network: Network) => Promise<T>): Promise<T> {
  const network = await createNetwork({ name: networkName() });
  try {
    return await work(network);
  } finally {
    await network.remove();
  }
}

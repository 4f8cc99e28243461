/** Launches of detached containers with addresses and ports that were free just before. */
import { attach } from '../network/attach.ts';
import { leaveDefaultNetwork, readyNetworks } from '../networks.ts';
import type { NormalizedInterface } from '../options/normalized.ts';

const MOST_TRIES = 16;

/**
 * Another choice, and another launch, when another program was quicker. What a launch was given is in its program: the
 * monitor gives it back at the end, and takes the same again when it starts the command again.
 */
export async function launchInNetworks<Launched>(
  network: readonly NormalizedInterface[],
  launch: (given: readonly string[] | undefined) => Promise<Launched>,
): Promise<Launched> {
  for (let tries = 1; ; tries++) {
    const ready = readyNetworks(network);
    if (ready) await ready;
    const attachment = attach(network);
    try {
      return await launch(attachment?.given);
    } catch (error) {
      if (tries === MOST_TRIES || !attachment?.mayDiffer(error)) throw error;
    } finally {
      attachment?.done();
      // From here on its lease keeps the network, not this program.
      leaveDefaultNetwork(network);
    }
  }
}

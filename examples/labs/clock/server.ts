/** The lab's server: tells when a request came and when its answer leaves, by a clock that may be wrong. */
import type { Server } from 'node:net';
import { createServer, RPC_ERRORS, RpcError } from './rpc.ts';
import type { Clock } from './time.ts';

export const METHOD = 'Listener.GetServerTimestamps';

/** @param onCall is told who asked */
export function clockServer(clock: Clock, onCall: (netid: string, address: string) => void = () => {}): Server {
  return createServer(
    new Map([
      [
        METHOD,
        ({ netid }, from) => {
          const received = clock.now();
          if (typeof netid !== 'string' || netid === '') throw new RpcError(RPC_ERRORS.params);
          onCall(netid, from.remoteAddress ?? '');
          return { received, answered: clock.now() };
        },
      ],
    ]),
  );
}

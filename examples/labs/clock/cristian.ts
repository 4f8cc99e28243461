/**
 * Cristian's algorithm (F. Cristian, Probabilistic clock synchronization, 1989): a server's clock, estimated over a network
 * that takes its time.
 *
 *   client   T1 ───────┐                     ┌──────▶ T4
 *                       request        answer
 *   server              └─────▶ T2 ··· T3 ───┘
 *
 * The way there makes T2 − T1 = offset + there, the way back makes T3 − T4 = offset − back. Half of the sum is the offset,
 * wrong by (there − back)/2, which is unknown but never more than half of the time spent on the way.
 *
 * The lab's sheet has a slip in the sign of the second term: with (T4 − T3) the offset cancels out, and what is left is half
 * the round trip, whatever the clocks say.
 */

/** The four moments, microseconds: T1 and T4 by the client's clock, T2 and T3 by the server's. */
export interface Exchange {
  /** T1: the request leaves the client. */
  requested: number;
  /** T2: it reaches the server. */
  received: number;
  /** T3: the answer leaves the server. */
  answered: number;
  /** T4: it reaches the client. */
  arrived: number;
}

export interface Estimate extends Exchange {
  /** Time on the way, there and back: (T4 − T1) − (T3 − T2), microseconds. */
  roundTrip: number;
  /** How far the server's clock is ahead of the client's, microseconds. */
  offset: number;
  /** The true offset is at most so far from `offset`, microseconds. */
  bound: number;
  /** The server's clock at T4. */
  serverTime: number;
}

/** Each stamp is cut down to a whole microsecond, which half of the sum can carry on as one. */
const RESOLUTION = 1;

export function estimate({ requested, received, answered, arrived }: Exchange): Estimate {
  const roundTrip = arrived - requested - (answered - received);
  const offset = Math.round((received - requested + (answered - arrived)) / 2);
  return {
    requested,
    received,
    answered,
    arrived,
    roundTrip,
    offset,
    bound: Math.ceil(roundTrip / 2) + RESOLUTION,
    serverTime: arrived + offset,
  };
}

/** The best of several: the one that was least on the way has the smallest bound. */
export const best = (estimates: readonly Estimate[]): Estimate =>
  estimates.reduce((least, each) => (each.roundTrip < least.roundTrip ? each : least));

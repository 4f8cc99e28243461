/** Waiting for an end while this program stays alive: hearing of a process need not hold the event loop. */

/** A day: as long as the timer is there, so is the event loop. */
const LONG = 86_400_000;

/** Hold the event loop until what is returned is called. */
export function hold(): () => void {
  const timer = setInterval(() => {}, LONG);
  return () => clearInterval(timer);
}

/** `promise`, for which the program does not end before it is settled. Waits do not release one another. */
export async function held<Value>(promise: Promise<Value>): Promise<Value> {
  const release = hold();
  try {
    return await promise;
  } finally {
    release();
  }
}

/** A replica, and where it is in its life. */

/** A container with a store in it, as far as the controller has to do with it. */
export interface Replica {
  readonly name: string;
  /** IP:PORT. */
  readonly address: string;
  /** Resolves when it has ended, however. */
  readonly exited: Promise<unknown>;
  /** Asks it to end, and ends it when it does not. Resolves when nothing of it is left. */
  stop(): Promise<void>;
  /** Ends it at once. */
  kill(): Promise<void>;
  /** CPU time in microseconds and memory in bytes so far, and the share of the last ten seconds in which it waited for a CPU. */
  usage(): Promise<Usage>;
}

export interface Usage {
  cpu: number | undefined;
  memory: number | undefined;
  pressure: number | undefined;
}

/** Where containers come from. */
export interface Fleet {
  /** One more replica; resolves when its service is started, which is before it answers. */
  start(name: string): Promise<Replica>;
  /** Those that a controller before this one left. */
  adopt(): Promise<Replica[]>;
  /** HAProxy's end, however; resolves once for each time that it was started. */
  readonly balancerExited: Promise<unknown>;
  /** Start HAProxy anew with the present configuration file. */
  restartBalancer(): Promise<void>;
  /** Objects that a replica was writing when it was killed. */
  discardIncoming(name: string): Promise<void>;
}

export type Phase =
  /** Its container is being started. */
  | 'starting'
  /** It answers, and gets no requests. */
  | 'warm'
  /** It is being made known to the balancer. */
  | 'joining'
  | 'serving'
  /** It answers what it has, and gets no more. */
  | 'draining'
  /** It is being taken away. */
  | 'leaving';

/** Why a replica is being made one that serves. */
export interface Order {
  /** `performance.now()`, and milliseconds since 1970. */
  at: number;
  date: number;
  /** Whether it was warm when it was chosen. */
  warm: boolean;
}

export interface Member {
  name: string;
  phase: Phase;
  /** `performance.now()` when the phase began. */
  since: number;
  replica: Replica | undefined;
  /** Set from the decision that wants it to serve. */
  order: Order | undefined;
  /** `performance.now()` since when the balancer has found it down. */
  down: number | undefined;
  /** Requests that it has at the moment. */
  current: number;
  answered: number;
}

export const newMember = (name: string, phase: Phase, order?: Order): Member => ({
  name,
  phase,
  since: performance.now(),
  replica: undefined,
  order,
  down: undefined,
  current: 0,
  answered: 0,
});

/**
 * The control loop. Ten times a second: look at the balancer, ask the policy, and bring what is there nearer to what is wanted.
 * Nothing in a tick waits for a container: each replica goes its own way from phase to phase, and the next tick sees where it is.
 */
import type { Balancer } from '../balancer/balancer.ts';
import type { ServerStatistics, Statistics } from '../balancer/statistics.ts';
import { policyOf } from '../policy/index.ts';
import type { AnyPolicy, Capacity, Sample } from '../policy/types.ts';
import { type Settings, TICK } from '../settings.ts';
import { Counter } from './counter.ts';
import type { Journal } from './journal.ts';
import { Members } from './members.ts';
import type { Fleet, Member } from './replica.ts';

/** What was at one tick: for the dashboard, the metrics and the samples of an experiment. */
export interface Snapshot extends Sample {
  /** Milliseconds since 1970. */
  date: number;
  desired: number;
  warm: number;
  starting: number;
  draining: number;
  answered: number;
  /** Answers with an error, of HAProxy or of a replica. */
  errors: number;
  /** Seconds of all replicas that have served so far, and of those that waited in the pool. */
  servingSeconds: number;
  warmSeconds: number;
  /** CPU time of the controller so far, seconds. */
  cpu: number;
}

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** How long the balancer may find a replica down before it is replaced, milliseconds: one failed connection is not enough. */
const DOWN = 600;

export class Controller {
  readonly #balancer: Balancer;
  readonly #fleet: Fleet;
  readonly #journal: Journal;
  readonly members: Members;
  #settings: Settings;
  #policy: AnyPolicy;
  #state: unknown;
  #desired: number;
  readonly #requests = new Counter();
  readonly #answered = new Counter();
  readonly #errors = new Counter();
  #servingSeconds = 0;
  #warmSeconds = 0;
  #snapshot: Snapshot | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ticking = false;
  #restarting: Promise<void> | undefined;
  #closed = false;
  /** After each tick. */
  onTick: (snapshot: Snapshot) => void = () => {};

  constructor(settings: Settings, balancer: Balancer, fleet: Fleet, journal: Journal) {
    this.#settings = settings;
    this.#balancer = balancer;
    this.#fleet = fleet;
    this.#journal = journal;
    this.members = new Members(balancer, fleet, journal, () => this.#converge());
    this.#policy = policyOf(settings.policy) as AnyPolicy;
    this.#state = this.#policy.start();
    this.#desired = settings.min;
  }

  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  get settings(): Settings {
    return this.#settings;
  }

  get policy(): AnyPolicy {
    return this.#policy;
  }

  /** Take over what runs, start what is missing, and resolve when `min` replicas serve. */
  async start(): Promise<void> {
    const known = (await this.#balancer.statistics()).servers;
    const serving = await this.members.adopt(known);
    this.#desired = Math.min(this.#settings.max, Math.max(this.#settings.min, serving));
    this.#watchBalancer();
    this.#timer = setInterval(() => void this.#tick(), TICK);
    await this.members.reached(this.#settings.min);
  }

  /** Another policy, or other numbers, from the next tick on. */
  change(changes: Partial<Pick<Settings, 'policy' | 'min' | 'max' | 'pool'>>): void {
    this.#settings = { ...this.#settings, ...changes };
    const policy = changes.policy === undefined ? undefined : policyOf(changes.policy);
    if (policy && policy.name !== this.#policy.name) {
      this.#policy = policy;
      this.#state = policy.start();
    }
    const { min, max, pool } = this.#settings;
    this.#journal.write(
      'policy',
      `${this.#policy.name}: ${this.#policy.summary}; ${min} to ${max} replicas, ${pool} warm`,
    );
  }

  /** Stop looking; what runs is left as it is. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.members.close();
    this.#balancer.close();
  }

  async #tick(): Promise<void> {
    // One that takes longer than a tick is not joined by another.
    if (this.#ticking || this.#closed) return;
    this.#ticking = true;
    try {
      const statistics = await this.#balancer.statistics();
      if (this.#closed) return;
      this.#see(statistics.servers);
      this.#decide(statistics);
      this.#converge();
    } catch (error) {
      if (!this.#closed && !this.#restarting) this.#journal.write('fault', (error as Error).message);
    } finally {
      this.#ticking = false;
    }
  }

  /** What the balancer says of the replicas, and what it must be told. */
  #see(servers: readonly ServerStatistics[]): void {
    const now = performance.now();
    const known = new Map(servers.map((server) => [server.name, server]));
    for (const member of this.members.all()) {
      const server = known.get(member.name);
      if (server) {
        member.current = server.current + server.queued;
        member.answered = server.total;
      }
      if (member.phase === 'serving') this.#check(member, server, now);
      else if (member.phase === 'draining' && (!server || member.current === 0)) this.#drained(member);
    }
    // A server that nobody is behind: left by a controller that was killed.
    for (const { name } of servers) if (!this.members.get(name)) void this.members.forget(name);
  }

  #check(member: Member, server: ServerStatistics | undefined, now: number): void {
    if (!server) {
      this.#journal.write('fault', `${member.name} is not known to the balancer: told again`);
      void this.members.join(member);
      return;
    }
    if (server.status === 'MAINT' || server.status === 'DRAIN') {
      this.#journal.write('fault', `${member.name} is ${server.status} at the balancer: put back`);
      void this.members.undrain(member);
      return;
    }
    if (!server.status.startsWith('DOWN')) {
      member.down = undefined;
      return;
    }
    member.down ??= now;
    if (now - member.down >= DOWN)
      this.members.replace(
        member,
        `the balancer has found it down for ${Math.round(now - member.down)} ms (${server.check})`,
      );
  }

  /** A replica that has nothing left to do waits in the pool, when there is room, or goes. */
  #drained(member: Member): void {
    const room = this.members.spare() < this.#settings.pool;
    void this.members.release(member, room);
  }

  #decide(statistics: Statistics): void {
    const now = performance.now();
    const { min, max, rate } = this.#settings;
    const capacity: Capacity = { rate, min, max };
    const count = (phase: Member['phase']) => this.members.inPhase(phase).length;
    const sample: Sample = {
      time: now,
      replicas: count('serving'),
      requests: this.#requests.see(statistics.requests),
      current: statistics.current,
      queued: statistics.queued,
    };
    const { desired, reason, state } = this.#policy.decide(sample, capacity, this.#state);
    this.#state = state;
    if (desired !== this.#desired) {
      this.#journal.write('scale', `${this.#desired} → ${desired} replicas: ${reason}`, {
        from: this.#desired,
        to: desired,
        policy: this.#policy.name,
      });
      this.#desired = desired;
    }
    const elapsed = this.#snapshot ? (now - this.#snapshot.time) / 1000 : 0;
    const warm = count('warm');
    this.#servingSeconds += elapsed * (sample.replicas + count('draining'));
    this.#warmSeconds += elapsed * (warm + count('starting'));
    this.#snapshot = {
      ...sample,
      date: Date.now(),
      desired,
      warm,
      starting: count('starting') + count('joining'),
      draining: count('draining'),
      answered: this.#answered.see(statistics.answered),
      errors: this.#errors.see(statistics.errors),
      servingSeconds: this.#servingSeconds,
      warmSeconds: this.#warmSeconds,
      cpu: cpuSeconds(),
    };
    this.onTick(this.#snapshot);
  }

  #converge(): void {
    if (!this.#closed && !this.#restarting) this.members.converge(this.#desired, this.#settings.pool);
  }

  /** HAProxy is started again when it ends, with the replicas that serve in its file: it serves before anybody tells it of them. */
  #watchBalancer(): void {
    void this.#fleet.balancerExited.then(async () => {
      if (this.#closed) return;
      this.#journal.write('fault', 'HAProxy has ended: started again');
      const began = performance.now();
      this.#restarting = this.#fleet.restartBalancer().finally(() => {
        this.#restarting = undefined;
      });
      try {
        await this.#restarting;
        this.#journal.write('fault', `HAProxy is back after ${Math.round(performance.now() - began)} ms`);
      } catch (error) {
        this.#journal.write('fault', `HAProxy could not be started: ${(error as Error).message}`);
      }
      this.#watchBalancer();
    });
  }
}

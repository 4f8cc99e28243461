/** The replicas, and their ways from phase to phase. */
import type { Balancer } from '../balancer/balancer.ts';
import type { Server } from '../balancer/config.ts';
import type { ServerStatistics } from '../balancer/statistics.ts';
import type { Journal } from './journal.ts';
import { waitUntilAnswers } from './probe.ts';
import { type Fleet, type Member, newMember, type Order, type Phase, type Replica } from './replica.ts';

/** How long a replica may take from its start until it answers, milliseconds. */
const START = 15_000;
/** After a start that failed there is a pause, milliseconds: what failed will fail again at once. */
const PAUSE = 1000;

const order = (warm: boolean): Order => ({ at: performance.now(), date: Date.now(), warm });

export class Members {
  readonly #balancer: Balancer;
  readonly #fleet: Fleet;
  readonly #journal: Journal;
  /** Something has changed that the next tick need not be waited for. */
  readonly #changed: () => void;
  readonly #members = new Map<string, Member>();
  readonly #closing = new AbortController();
  /** Servers of the balancer that are being taken away. */
  readonly #forgetting = new Set<string>();
  #last = 0;
  /** `performance.now()` before which no replica is started. */
  #pausedUntil = 0;
  #waiting: { count: number; done: () => void } | undefined;

  constructor(balancer: Balancer, fleet: Fleet, journal: Journal, changed: () => void) {
    this.#balancer = balancer;
    this.#fleet = fleet;
    this.#journal = journal;
    this.#changed = changed;
  }

  all(): Member[] {
    return [...this.#members.values()];
  }

  get(name: string): Member | undefined {
    return this.#members.get(name);
  }

  inPhase(phase: Phase): Member[] {
    return this.all().filter((member) => member.phase === phase);
  }

  /** Those that wait, or will. */
  spare(): number {
    return this.all().filter(({ phase, order }) => phase === 'warm' || (phase === 'starting' && !order)).length;
  }

  /** Servers as HAProxy is to be told of them, from its file. */
  servers(): Server[] {
    return this.inPhase('serving').flatMap(({ name, replica }) =>
      replica ? [{ name, address: replica.address }] : [],
    );
  }

  /** Resolves when so many serve. */
  reached(count: number): Promise<void> {
    if (this.inPhase('serving').length >= count) return Promise.resolve();
    return new Promise((done) => {
      this.#waiting = { count, done };
    });
  }

  close(): void {
    this.#closing.abort();
  }

  /** Take over what a controller before this one left. @returns how many serve */
  async adopt(servers: readonly ServerStatistics[]): Promise<number> {
    const known = new Map(servers.map((server) => [server.name, server]));
    const replicas = await this.#fleet.adopt();
    for (const replica of replicas) {
      this.#last = Math.max(this.#last, Number(/\d+$/.exec(replica.name)?.[0] ?? 0));
      const server = known.get(replica.name);
      const phase =
        !server || server.status === 'MAINT' ? 'starting' : server.status === 'DRAIN' ? 'draining' : 'serving';
      const member = newMember(replica.name, phase);
      this.#members.set(replica.name, member);
      this.#own(member, replica);
      if (phase === 'starting') void this.#warmUp(member, replica);
    }
    const serving = this.inPhase('serving').length;
    if (replicas.length > 0)
      this.#journal.write('controller', `took over ${replicas.length} replicas, ${serving} of them serve`);
    return serving;
  }

  /** What is wanted, from what is there: the quickest first. */
  converge(desired: number, pool: number): void {
    const active = this.all().filter(
      ({ phase, order }) => phase === 'serving' || phase === 'joining' || (phase === 'starting' && order !== undefined),
    );
    for (let missing = desired - active.length; missing > 0; missing--) if (!this.#addOne()) break;
    this.#removeSome(active, active.length - desired);
    this.#fill(pool);
  }

  /** One more that serves: one that was about to go, one that waits, or a new one. */
  #addOne(): boolean {
    const [draining] = this.inPhase('draining');
    if (draining) {
      this.#journal.write('replica', `${draining.name} serves again instead of going`);
      void this.undrain(draining);
      return true;
    }
    const [warm] = this.inPhase('warm');
    if (warm) {
      warm.order = order(true);
      void this.join(warm);
      return true;
    }
    const coming = this.all().find(({ phase, order }) => phase === 'starting' && !order);
    if (coming) {
      coming.order = order(false);
      return true;
    }
    return this.#start(order(false));
  }

  /** Those that are not there yet, then those that have the least to do, the newest first. */
  #removeSome(active: readonly Member[], count: number): void {
    if (count <= 0) return;
    const rank = ({ phase }: Member): number => (phase === 'starting' ? 0 : 1);
    const last = active
      .filter(({ phase }) => phase !== 'joining')
      .sort((a, b) => rank(a) - rank(b) || a.current - b.current || b.since - a.since)
      .slice(0, count);
    for (const member of last) {
      if (member.phase === 'starting') member.order = undefined;
      else void this.#drain(member);
    }
  }

  /** The pool, one at a time, and never beside replicas that are waited for: starting costs CPU time. */
  #fill(pool: number): void {
    const surplus = this.spare() - pool;
    const [idle] = this.inPhase('warm');
    if (surplus > 0 && idle) void this.#end(idle, 'is not needed in the pool');
    else if (surplus < 0 && this.inPhase('starting').length === 0) this.#start(undefined);
  }

  #start(wanted: Order | undefined): boolean {
    if (performance.now() < this.#pausedUntil) return false;
    const member = newMember(`r${++this.#last}`, 'starting', wanted);
    this.#members.set(member.name, member);
    void this.#bringUp(member);
    return true;
  }

  async #bringUp(member: Member): Promise<void> {
    try {
      const replica = await this.#fleet.start(member.name);
      this.#own(member, replica);
      await this.#warmUp(member, replica);
    } catch (error) {
      this.#members.delete(member.name);
      this.#pausedUntil = performance.now() + PAUSE;
      this.#journal.write('fault', `${member.name} could not be started: ${(error as Error).message}`);
    }
  }

  async #warmUp(member: Member, replica: Replica): Promise<void> {
    const answers = await waitUntilAnswers(replica.address, START, this.#closing.signal);
    if (this.#closing.signal.aborted || member.phase !== 'starting') return;
    if (!answers) return this.replace(member, `does not answer after ${START / 1000} s`);
    this.#enter(member, 'warm');
    if (member.order) await this.join(member);
    else this.#changed();
  }

  /** Its end is seen as soon as it comes, whatever it was doing. */
  #own(member: Member, replica: Replica): void {
    member.replica = replica;
    void replica.exited.then(() => {
      if (member.phase !== 'leaving' && !this.#closing.signal.aborted) this.replace(member, 'has died');
    });
  }

  /** Make a replica that answers known to the balancer. */
  async join(member: Member): Promise<void> {
    const { name, replica } = member;
    if (!replica) return;
    this.#enter(member, 'joining');
    try {
      await this.#balancer.add({ name, address: replica.address });
    } catch (error) {
      if (member.phase !== 'joining' || this.#closing.signal.aborted) return;
      this.#journal.write('fault', (error as Error).message);
      // A server of that name is there already, or there is no HAProxy: the next tick tries again.
      this.#enter(member, 'warm');
      return;
    }
    if (member.phase !== 'joining') return;
    this.#enter(member, 'serving');
    this.#told(member);
  }

  #told(member: Member): void {
    const { name, order } = member;
    if (order) {
      const milliseconds = Math.round(performance.now() - order.at);
      const from = order.warm ? 'from the pool' : 'cold';
      this.#journal.write('replica', `${name} serves, ${milliseconds} ms after the decision, ${from}`, {
        replica: name,
        milliseconds,
        warm: order.warm,
        decided: order.date,
      });
      member.order = undefined;
    }
    if (this.#waiting && this.inPhase('serving').length >= this.#waiting.count) {
      this.#waiting.done();
      this.#waiting = undefined;
    }
  }

  async #drain(member: Member): Promise<void> {
    this.#enter(member, 'draining');
    await this.#try(() => this.#balancer.drain(member.name));
  }

  async undrain(member: Member): Promise<void> {
    this.#enter(member, 'serving');
    await this.#try(() => this.#balancer.undrain(member.name));
  }

  /** A replica that was drained: out of the balancer, and into the pool or away. */
  async release(member: Member, keep: boolean): Promise<void> {
    this.#enter(member, 'leaving');
    if (!(await this.#try(() => this.#balancer.remove(member.name)))) {
      // A connection was left after all; it drains on.
      if (this.#members.get(member.name) === member) this.#enter(member, 'draining');
      return;
    }
    if (keep) {
      this.#enter(member, 'warm');
      this.#journal.write('replica', `${member.name} has answered all it had, and waits in the pool`);
    } else await this.#end(member, 'has answered all it had, and goes');
  }

  async #end(member: Member, why: string): Promise<void> {
    this.#enter(member, 'leaving');
    this.#journal.write('replica', `${member.name} ${why}`);
    await member.replica?.stop();
    this.#members.delete(member.name);
  }

  /** A replica that is of no use any more: its place is free at once, and what it has in hand goes to others. */
  replace(member: Member, why: string): void {
    const served = member.phase === 'serving' || member.phase === 'draining' || member.phase === 'joining';
    this.#enter(member, 'leaving');
    this.#journal.write('fault', `${member.name} ${why}: replaced`);
    void this.#abandon(member, served);
    this.#changed();
  }

  async #abandon(member: Member, served: boolean): Promise<void> {
    const { name, replica } = member;
    if (served) await this.#try(() => this.#balancer.stop(name));
    // Its connections end with it, and HAProxy sends what it had in hand to another one.
    await replica?.kill().catch(() => {});
    await this.#fleet.discardIncoming(name).catch(() => {});
    this.#members.delete(name);
    if (served) await this.forget(name);
  }

  /** Take a server away that has no replica. When it still has a connection the next tick tries again. */
  async forget(name: string): Promise<void> {
    if (this.#forgetting.has(name)) return;
    this.#forgetting.add(name);
    await this.#try(() => this.#balancer.remove(name), false);
    this.#forgetting.delete(name);
  }

  #enter(member: Member, phase: Phase): void {
    member.phase = phase;
    member.since = performance.now();
    member.down = undefined;
  }

  /** What HAProxy refuses is written down, and seen by the next tick. */
  async #try(act: () => Promise<void>, tell = true): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      if (tell && !this.#closing.signal.aborted) this.#journal.write('fault', (error as Error).message);
      return false;
    }
  }
}

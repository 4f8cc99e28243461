/** What the dashboard shows, and a program that asks for /api/state: gathered from the controller once for all who look. */
import type { Controller, Snapshot } from '../control/controller.ts';
import type { Entry, Journal } from '../control/journal.ts';
import type { Member } from '../control/replica.ts';
import type { LiveLoad, LoadLine, LoadRequest } from '../load/live.ts';
import { POLICY_NAMES } from '../policy/index.ts';

export interface ReplicaView {
  name: string;
  phase: string;
  /** Requests in hand, and answered so far. */
  current: number;
  answered: number;
  /** Share of one CPU, bytes, and percent of time waiting for a CPU. */
  cpu: number | undefined;
  memory: number | undefined;
  pressure: number | undefined;
}

/** One moment in the plots. */
export interface Moment {
  date: number;
  /** Requests a second: that came in, and that were answered. */
  offered: number;
  served: number;
  replicas: number;
  desired: number;
  warm: number;
  queue: number;
  /** Milliseconds, from the load generator, while there is one. */
  p50: number | undefined;
  p99: number | undefined;
  /** Answers with an error so far, and failures that the generator saw. */
  errors: number;
}

export interface View {
  moment: Moment | undefined;
  replicas: ReplicaView[];
  policy: string;
  policies: readonly string[];
  min: number;
  max: number;
  pool: number;
  load: LoadRequest | undefined;
  /** Share of one CPU that the controller has used since it began. */
  controllerCpu: number;
}

/** Moments that a new reader gets: two minutes of them. */
const KEPT = 240;
/** Milliseconds between moments. */
export const INTERVAL = 500;
/** Milliseconds between two looks at the containers' cgroups. */
const USAGE_INTERVAL = 1000;

export class ViewSource {
  readonly #controller: Controller;
  readonly #journal: Journal;
  readonly #load: LiveLoad;
  readonly #moments: Moment[] = [];
  readonly #usage = new Map<
    string,
    {
      time: number;
      cpu: number | undefined;
      share: number | undefined;
      memory: number | undefined;
      pressure: number | undefined;
    }
  >();
  #before: Snapshot | undefined;
  #line: LoadLine | undefined;
  #looked = 0;
  #cpuBegin = process.cpuUsage();
  #began = performance.now();
  #timer: NodeJS.Timeout;
  readonly #listeners = new Set<(moment: Moment) => void>();

  constructor(controller: Controller, journal: Journal, load: LiveLoad) {
    this.#controller = controller;
    this.#journal = journal;
    this.#load = load;
    this.#timer = setInterval(() => this.#look(), INTERVAL);
  }

  get moments(): readonly Moment[] {
    return this.#moments;
  }

  get entries(): readonly Entry[] {
    return this.#journal.entries;
  }

  listen(listener: (moment: Moment) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  onEntry(listener: (entry: Entry) => void): () => void {
    return this.#journal.listen(listener);
  }

  /** A second of the load generator. */
  see(line: LoadLine): void {
    this.#line = line;
  }

  view(): View {
    const { policy, settings } = this.#controller;
    const { user, system } = process.cpuUsage(this.#cpuBegin);
    return {
      moment: this.#moments.at(-1),
      replicas: this.#controller.members.all().map((member) => this.#replica(member)),
      policy: policy.name,
      policies: POLICY_NAMES,
      min: settings.min,
      max: settings.max,
      pool: settings.pool,
      load: this.#load.request,
      controllerCpu: (user + system) / 1000 / (performance.now() - this.#began),
    };
  }

  /** Begin to count the controller's CPU time: what the start took is not the loop's. */
  startMeasuring(): void {
    this.#cpuBegin = process.cpuUsage();
    this.#began = performance.now();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { snapshot } = this.#controller;
    if (!snapshot) return;
    const before = this.#before ?? snapshot;
    this.#before = snapshot;
    const seconds = (snapshot.time - before.time) / 1000;
    const rate = (key: 'requests' | 'answered') => (seconds > 0 ? (snapshot[key] - before[key]) / seconds : 0);
    const line = this.#load.request ? this.#line : undefined;
    const moment: Moment = {
      date: snapshot.date,
      offered: rate('requests'),
      served: rate('answered'),
      replicas: snapshot.replicas,
      desired: snapshot.desired,
      warm: snapshot.warm,
      queue: snapshot.queued,
      p50: line?.p50,
      p99: line?.p99,
      errors: snapshot.errors,
    };
    this.#moments.push(moment);
    if (this.#moments.length > KEPT) this.#moments.shift();
    // Nobody looks: the files of the cgroups need not be read.
    if (this.#listeners.size > 0) void this.#readUsage();
    for (const listener of this.#listeners) listener(moment);
  }

  async #readUsage(): Promise<void> {
    const now = performance.now();
    if (now - this.#looked < USAGE_INTERVAL) return;
    this.#looked = now;
    const members = this.#controller.members.all();
    for (const name of this.#usage.keys())
      if (!members.some((member) => member.name === name)) this.#usage.delete(name);
    for (const { name, replica } of members) {
      // It may end while it is looked at.
      const usage = await replica?.usage().catch(() => undefined);
      if (!usage) continue;
      const { cpu, memory, pressure } = usage;
      const time = performance.now();
      const last = this.#usage.get(name);
      const share =
        cpu !== undefined && last?.cpu !== undefined
          ? Math.max(0, (cpu - last.cpu) / 1000 / (time - last.time))
          : undefined;
      this.#usage.set(name, { time, cpu, share, memory, pressure });
    }
  }

  #replica({ name, phase, current, answered }: Member): ReplicaView {
    const usage = this.#usage.get(name);
    return { name, phase, current, answered, cpu: usage?.share, memory: usage?.memory, pressure: usage?.pressure };
  }
}

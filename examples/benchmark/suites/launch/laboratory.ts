/** What the suite measures with, made in one private directory, and taken away again. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Timed } from '../../environments/environment.ts';
import { buildFloor, FloorProgram } from '../../environments/floor.ts';
import { inPrivateMounts } from '../../environments/host.ts';
import type { Heap } from '../../worker/ballast.ts';
import { Worker } from '../../worker/client.ts';

export class Laboratory {
  /** What was learnt while it was set up, for the report. */
  readonly notes: string[] = [];
  readonly #rootfs: string;
  /** Words before each command, see environments/host.ts. */
  readonly #before: readonly string[];
  readonly #directory: string;
  readonly #programs = new Set<FloorProgram>();
  readonly #workers = new Map<Heap, Promise<Worker>>();
  #launches: FloorProgram | undefined;

  /** @param covered A file that has to be empty, see environments/host.ts. */
  constructor(rootfs: string, covered: string | undefined) {
    this.#rootfs = rootfs;
    this.#before = inPrivateMounts(covered);
    if (covered)
      this.notes.push(
        `crun refuses a machine whose ${covered} is not empty: all that was measured ran in a mount namespace in which it is.`,
      );
    this.#directory = mkdtempSync(join(tmpdir(), 'cofferdam-bench-'));
  }

  /** Compiles the C programs. */
  build(): void {
    mkdirSync(this.#stage);
    buildFloor(this.#directory);
  }

  /** The C program's launches. */
  get floor(): Timed {
    // Its cgroups' names.
    const name = `cofferdam-bench-${process.pid}`;
    this.#launches ??= this.#program('launch', this.#rootfs, this.#stage, name);
    return this.#launches.timed;
  }

  /** The C program's execs in the container whose first process is `pid`. */
  floorExec(pid: number): { timed: Timed; close(): Promise<void> } {
    return this.#program('exec', String(pid));
  }

  /** A Node process of that size; started when first asked for. */
  worker(heap: Heap): Promise<Worker> {
    const started = this.#workers.get(heap) ?? this.#start(heap);
    this.#workers.set(heap, started);
    return started;
  }

  /** Nothing is left of it, also after a failure. */
  async close(): Promise<void> {
    const workers = await Promise.allSettled(this.#workers.values());
    const closing = workers.map((each) => (each.status === 'fulfilled' ? each.value.close() : undefined));
    await Promise.allSettled([...closing, ...[...this.#programs].map((each) => each.close())]);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Where the C program mounts, in namespaces of its own. */
  get #stage(): string {
    return join(this.#directory, 'stage');
  }

  #program(name: string, ...words: string[]): FloorProgram {
    const program = new FloorProgram([...this.#before, join(this.#directory, name), ...words]);
    this.#programs.add(program);
    return program;
  }

  async #start(heap: Heap): Promise<Worker> {
    const worker = new Worker(this.#before);
    try {
      const { resident } = await worker.call('open', { heap, rootfs: this.#rootfs, directory: this.#directory });
      this.notes.push(`The Node process '${heap}' had ${Math.round(resident / 2 ** 20)} MiB resident.`);
      return worker;
    } catch (error) {
      await worker.close();
      throw error;
    }
  }
}

/** What suites that start containers measure with: C programs and Node processes. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Timed } from '../environments/environment.ts';
import { buildFloor, FloorProgram } from '../environments/floor.ts';
import { inPrivateMounts } from '../environments/host.ts';
import type { EnvironmentName } from '../environments/names.ts';
import type { Context } from '../suite.ts';
import type { Heap } from '../worker/ballast.ts';
import { Worker } from '../worker/client.ts';

export class Laboratory {
  readonly #context: Context;
  readonly #rootfs: string;
  /** Words before each command, see environments/host.ts. */
  readonly #before: readonly string[];
  readonly #directory: string;
  readonly #programs = new Set<FloorProgram>();
  readonly #workers = new Map<Heap, Promise<Worker>>();
  #launches: FloorProgram | undefined;

  /** @param covered A file that has to be empty, see environments/host.ts. */
  constructor(context: Context, rootfs: string, covered: string | undefined) {
    this.#context = context;
    this.#rootfs = rootfs;
    this.#before = inPrivateMounts(covered);
    if (covered)
      context.note(
        `crun refuses a machine whose ${covered} is not empty: all that was measured ran in a mount namespace in which it is.`,
      );
    this.#directory = context.scratch;
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

  /** The C program with so many containers, each of which runs `command` until that is killed. */
  floorHolding(count: number, command: readonly string[]): FloorProgram {
    const name = `cofferdam-bench-held-${process.pid}`;
    return this.#program('launch', this.#rootfs, this.#stage, name, `${count}`, `${count}`, ...command);
  }

  /** The C program's execs in the container whose first process is `pid`. */
  floorExec(pid: number): { timed: Timed; close(): Promise<void> } {
    return this.#program('exec', String(pid));
  }

  /** Launches as a shell would have them: fork, exec and wait, without Node; undefined for what has no command line. */
  async shell(name: EnvironmentName): Promise<Timed | undefined> {
    const words = await (await this.worker('small')).call('shell', name);
    if (!words) return undefined;
    this.#context.command(`${name} from a shell; @ is the container's name`, words.join(' '));
    return this.#program('shell', `cofferdam-bench-shell-${name}-${process.pid}`, ...words).timed;
  }

  /** A Node process of that size; started when first asked for. */
  worker(heap: Heap): Promise<Worker> {
    const started = this.#workers.get(heap) ?? this.#start(heap);
    this.#workers.set(heap, started);
    return started;
  }

  /** No process of it is left, also after a failure. */
  async close(): Promise<void> {
    const workers = await Promise.allSettled(this.#workers.values());
    const closing = workers.map((each) => (each.status === 'fulfilled' ? each.value.close() : undefined));
    await Promise.allSettled([...closing, ...[...this.#programs].map((each) => each.close())]);
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
      this.#context.note(`The Node process '${heap}' had ${Math.round(resident / 2 ** 20)} MiB resident.`);
      return worker;
    } catch (error) {
      await worker.close();
      throw error;
    }
  }
}

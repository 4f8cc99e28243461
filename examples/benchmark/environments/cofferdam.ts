/** This library. */
import {
  type Container,
  type ContainerOptions,
  clone,
  createContainer,
  type DetachedContainer,
  type LaunchTrace,
} from 'cofferdam';
import type { Launched } from '../worker/traces.ts';
import type { Environment } from './environment.ts';
import { COMMAND, HOSTNAME, LIMITS, SLEEPER } from './specification.ts';

const OWN_IDS = [{ containerID: 0, hostID: 1_000_000, size: 65536 }];

/** What costs time where it is wanted. */
export const GUARDS = {
  filter: { seccomp: 'default' },
  ids: { userNamespace: { uidMappings: OWN_IDS, gidMappings: OWN_IDS } },
} as const satisfies Record<string, Partial<ContainerOptions>>;

export class Cofferdam implements Environment {
  readonly #rootfs: string;
  readonly #guard: Partial<ContainerOptions>;
  readonly #held: (Container | DetachedContainer)[] = [];
  /** What copies are of; it never runs. */
  #source: Promise<DetachedContainer> | undefined;

  constructor(rootfs: string, guard: Partial<ContainerOptions> = {}) {
    this.#rootfs = rootfs;
    this.#guard = guard;
  }

  async launch(): Promise<number> {
    return (await this.#run()).held;
  }

  async exec(): Promise<void> {
    const [container] = this.#held;
    if (!container) throw new Error('cofferdam: no container is held');
    succeeded(await container.exec(COMMAND));
  }

  async hold(): Promise<number> {
    const container = await this.#create();
    this.#held.push(container);
    return (await container.start(SLEEPER, { stdio: 'ignore' })).pid as number;
  }

  /** An ephemeral copy, which has a monitor of its own and would outlive this program, as lxc-copy's does. */
  async clone(): Promise<void> {
    this.#source ??= this.#makeSource();
    const source = await this.#source;
    this.#held.push(await clone(source, { ephemeral: true, command: SLEEPER }));
  }

  /** All by one call; they end at once. Milliseconds until all run. */
  async cloneMany(count: number): Promise<number> {
    this.#source ??= this.#makeSource();
    const source = await this.#source;
    const begun = performance.now();
    const copies = await clone(source, { ephemeral: true, command: SLEEPER, count });
    const milliseconds = performance.now() - begun;
    await Promise.all(copies.map((each) => each.remove()));
    return milliseconds;
  }

  async release(): Promise<void> {
    await Promise.all(this.#held.splice(0).map((container) => container.remove()));
  }

  async trace(): Promise<Launched> {
    const begun = performance.now();
    const { container, held, duration } = await this.#run();
    const total = performance.now() - begun;
    return {
      trace: container.launchTrace as LaunchTrace,
      id: container.id,
      rootfs: this.#rootfs,
      total,
      held,
      duration,
    };
  }

  #create(): Promise<Container> {
    // The others have no filter either: their users' tools bring one, `runc spec` and `crun spec` do not.
    const seccomp = 'unconfined';
    return createContainer({
      rootfs: { lower: this.#rootfs },
      hostname: HOSTNAME,
      resources: LIMITS,
      seccomp,
      ...this.#guard,
    });
  }

  async close(): Promise<void> {
    await (await this.#source)?.remove();
  }

  #makeSource(): Promise<DetachedContainer> {
    return createContainer({
      name: `cofferdam-bench-source-${process.pid}`,
      detached: true,
      rootfs: { lower: this.#rootfs },
      hostname: HOSTNAME,
      resources: LIMITS,
      seccomp: 'unconfined',
    });
  }

  async #run(): Promise<{ container: Container; held: number; duration: number }> {
    const begun = performance.now();
    const created = this.#create();
    const createdAt = performance.now();
    const container = await created;
    const run = performance.now();
    const result = container.run(COMMAND);
    const held = performance.now() - run + (createdAt - begun);
    const ended = await result;
    succeeded(ended);
    return { container, held, duration: ended.duration };
  }
}

function succeeded({ exitCode, stderr }: { exitCode: number | null; stderr: string }): void {
  if (exitCode !== 0) throw new Error(`cofferdam: '${COMMAND.join(' ')}' ended with ${exitCode}: ${stderr}`);
}

/** `createSandbox()`: namespaces that several containers share, and that outlive each of them. */
import { closeSync, openSync } from 'node:fs';
import { createError, describeErrno } from './errors.ts';
import { takeText } from './launch/helper.ts';
import { launch, openLauncher } from './launch/launcher.ts';
import { NAMESPACES } from './launch/namespaces.ts';
import { native } from './native.ts';
import { attach } from './network/attach.ts';
import { networkFailure } from './network/failure.ts';
import { networkOperations } from './network/veth.ts';
import { leaveDefaultNetwork, readyNetworks } from './networks.ts';
import { normalizeSandboxOptions } from './options/index.ts';
import type { NamespaceHolder, NamespaceName, SandboxOptions } from './options/types.ts';
import { encode } from './program/encode.ts';
import { launchError } from './program/failure.ts';
import { randomName } from './program/names.ts';
import { type Operation, operation } from './program/operation.ts';
import { SlotTable } from './program/slots.ts';

/** Namespaces held by descriptors of this program: they end with `remove()`, with the program at the latest. */
export class Sandbox implements NamespaceHolder, AsyncDisposable {
  readonly id: string;
  /** Parent of its containers' cgroups. */
  readonly cgroupParent: string | undefined;
  readonly #descriptors: Map<NamespaceName, number>;
  /** Gives back what its networks gave it. */
  #leave: (() => Promise<void>) | undefined;

  /** Use `createSandbox()`. */
  constructor(
    id: string,
    descriptors: Map<NamespaceName, number>,
    cgroupParent: string | undefined,
    leave?: () => Promise<void>,
  ) {
    this.id = id;
    this.#descriptors = descriptors;
    this.cgroupParent = cgroupParent;
    this.#leave = leave;
  }

  /** The namespaces that containers of this sandbox share. */
  get namespaces(): readonly NamespaceName[] {
    return [...this.#descriptors.keys()];
  }

  /** A descriptor of a namespace, which the caller closes. @throws ERR_CONTAINER_STATE when there is none */
  openNamespace(name: NamespaceName): number {
    const descriptor = this.#descriptors.get(name);
    if (descriptor === undefined)
      throw createError('ERR_CONTAINER_STATE', {
        action: `join the ${name} namespace of`,
        id: this.id,
        state: 'removed, or made without it',
        needed: 'a sandbox that has it',
      });
    return openSync(`/proc/self/fd/${descriptor}`, 'r');
  }

  /** Let go of the namespaces; containers in them keep them until they end. Idempotent. */
  async remove(): Promise<void> {
    for (const descriptor of this.#descriptors.values()) closeSync(descriptor);
    this.#descriptors.clear();
    const leave = this.#leave;
    this.#leave = undefined;
    await leave?.();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.remove();
  }
}

/**
 * Make namespaces to be shared: `createContainer({ sandbox })` joins them. A short-lived process makes them and sends them
 * here; nothing of this program enters them.
 * @throws as `createContainer()`; a system error that names the operation
 */
export async function createSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { id, hostname, namespaces, network: interfaces, cgroupParent } = normalizeSandboxOptions(options);
  await readyNetworks(interfaces);
  const attachment = attach(interfaces);
  const slots = new SlotTable(0);
  const flags = namespaces.reduce((sum, name) => sum | NAMESPACES[name].flag, 0);
  const names = { id, nonce: randomName(), given: attachment?.given };
  const network = namespaces.includes('network') ? networkOperations(interfaces, slots, 'child', names) : undefined;
  const operations: Operation[] = [
    ...(network?.before ?? []),
    ...(network?.beside ?? []),
    operation('unshare', { flags }),
    ...(network?.after ?? []),
    ...(namespaces.includes('uts') ? [operation('sethostname', { name: hostname })] : []),
    ...namespaces.flatMap((name, tag) => {
      const descriptor = slots.reserve(`${name} namespace`);
      return [
        operation('open', { path: `/proc/self/ns/${NAMESPACES[name].file}`, into: descriptor }),
        operation('send', { descriptor, tag }),
      ];
    }),
  ];
  openLauncher();
  const undo = network?.undo ?? [];
  const armed = undo.length > 0 ? native().arm(encode(undo, { slots })) : undefined;
  const leave = async () => {
    if (armed !== undefined) await native().release(armed);
    leaveDefaultNetwork(interfaces);
  };
  try {
    const descriptors = await makeNamespaces(operations, slots, namespaces);
    return new Sandbox(id, descriptors, cgroupParent, leave);
  } catch (error) {
    await leave();
    throw error;
  } finally {
    attachment?.done();
  }
}

/** The namespaces, from a process that made them and ended. */
async function makeNamespaces(
  operations: readonly Operation[],
  slots: SlotTable,
  namespaces: readonly NamespaceName[],
): Promise<Map<NamespaceName, number>> {
  const descriptors = new Map<NamespaceName, number>();
  let messages: string | undefined;
  await new Promise<void>((resolve, reject) => {
    const program = encode(operations, { slots });
    launch({ program, stdio: ['ignore', 'ignore', 'ignore'], descriptors: [] }, (event) => {
      if (event.type === 'descriptor') {
        const name = namespaces[event.tag];
        if (name !== undefined) descriptors.set(name, event.fd);
        else messages = takeText(event.fd);
      }
      if (event.type !== 'failed' && event.type !== 'exited') return;
      if (descriptors.size === namespaces.length) return resolve();
      for (const descriptor of descriptors.values()) closeSync(descriptor);
      const { errno = 0, step = 0 } = event.type === 'failed' ? event : {};
      reject(
        networkFailure(operations[step], describeErrno(errno).code, messages) ??
          launchError({ errno, step, operations, slots }),
      );
    });
  });
  return descriptors;
}

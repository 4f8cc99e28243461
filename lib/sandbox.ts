/** `createSandbox()`: namespaces that several containers share, and that outlive each of them. */
import { closeSync, openSync } from 'node:fs';
import { createError } from './errors.ts';
import { launch } from './launch/launcher.ts';
import { NAMESPACES } from './launch/namespaces.ts';
import { networkOperations } from './network/veth.ts';
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

  /** Use `createSandbox()`. */
  constructor(id: string, descriptors: Map<NamespaceName, number>, cgroupParent: string | undefined) {
    this.id = id;
    this.#descriptors = descriptors;
    this.cgroupParent = cgroupParent;
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
  const { id, hostname, namespaces, interface: veth, cgroupParent } = normalizeSandboxOptions(options);
  const slots = new SlotTable(0);
  const flags = namespaces.reduce((sum, name) => sum | NAMESPACES[name].flag, 0);
  const network = namespaces.includes('network')
    ? networkOperations(veth, slots, 'child', { id, nonce: randomName() })
    : { before: [], after: [] };
  const operations: Operation[] = [
    ...network.before,
    operation('unshare', { flags }),
    ...network.after,
    ...(namespaces.includes('uts') ? [operation('sethostname', { name: hostname })] : []),
    ...namespaces.flatMap((name, tag) => {
      const descriptor = slots.reserve(`${name} namespace`);
      return [
        operation('open', { path: `/proc/self/ns/${NAMESPACES[name].file}`, into: descriptor }),
        operation('send', { descriptor, tag }),
      ];
    }),
  ];
  const descriptors = new Map<NamespaceName, number>();
  await new Promise<void>((resolve, reject) => {
    const program = encode(operations, { slots });
    launch({ program, stdio: ['ignore', 'ignore', 'ignore'], descriptors: [] }, (event) => {
      if (event.type === 'descriptor') descriptors.set(namespaces[event.tag] as NamespaceName, event.fd);
      if (event.type !== 'failed' && event.type !== 'exited') return;
      if (descriptors.size === namespaces.length) return resolve();
      for (const descriptor of descriptors.values()) closeSync(descriptor);
      const { errno = 0, step = 0 } = event.type === 'failed' ? event : {};
      reject(launchError({ errno, step, operations, slots }));
    });
  });
  return new Sandbox(id, descriptors, cgroupParent);
}

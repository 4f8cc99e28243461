/** `createContainer()`, and how containers of other programs are found. */

import { DetachedContainer, openContainer } from './container/detached.ts';
import { Container } from './container.ts';
import type { ContainerOptions } from './options/types.ts';

export { openContainer } from './container/detached.ts';

/**
 * A container, described and checked; nothing is started yet. A detached one is written down, and every program can then
 * `Container.open()` it by its name.
 * @throws {TypeError} an unknown option or a wrong type
 * @throws {RangeError} a value that cannot be
 * @throws {CofferdamError} ERR_ROOTFS, ERR_CGROUP_CONTROLLER, ERR_PLATFORM, ERR_NATIVE_MISSING, ERR_PERMISSION; detached:
 *   ERR_NAME_IN_USE
 */
export async function createContainer(options: ContainerOptions & { detached: true }): Promise<DetachedContainer>;
export async function createContainer(options: ContainerOptions): Promise<Container>;
export async function createContainer(options: ContainerOptions): Promise<Container> {
  return options?.detached === true ? DetachedContainer.create(options) : new Container(options);
}

Container.open = openContainer;

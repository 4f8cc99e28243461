/** A container's options as they can be written down, for another program, in another working directory, another day. */
import type { StoredOptions } from '../state/records.ts';
import { invalidValue } from './check.ts';
import { hostPath } from './rootfs.ts';
import type { ContainerOptions, MountOption, RootfsOption } from './types.ts';

function portableRootfs(rootfs: RootfsOption): RootfsOption {
  if (rootfs === 'host') return rootfs;
  if (typeof rootfs === 'string') return hostPath(rootfs, 'rootfs');
  const { lower, upper, work } = rootfs;
  return {
    ...rootfs,
    lower: typeof lower === 'string' ? hostPath(lower, 'rootfs.lower') : lower.map((path) => hostPath(path, '')),
    ...(upper !== undefined && { upper: hostPath(upper, 'rootfs.upper') }),
    ...(work !== undefined && { work: hostPath(work, 'rootfs.work') }),
  };
}

const isBind = ({ type, source }: MountOption): boolean =>
  source !== undefined && (type === undefined || type === 'bind' || type === 'rbind');

const portableMount = (mount: MountOption): MountOption =>
  isBind(mount) ? { ...mount, source: hostPath(mount.source, 'mounts.source') } : mount;

/** Its monitor starts it again when whoever had the namespace may be gone, and a path or pid mean something else. */
function refuseJoined({ namespaces = {}, network }: ContainerOptions): void {
  for (const [name, source] of Object.entries(namespaces))
    if (typeof source === 'object')
      throw invalidValue(
        `namespaces.${name}`,
        "of another's may end before a detached container does",
        source,
        "say 'new' or 'host'",
      );
  if (typeof network === 'string' && network.startsWith('container:'))
    throw invalidValue(
      'network',
      "of another container's may end before a detached container does",
      network,
      'connect both to one network',
    );
}

/**
 * Options that were checked, in a form that stays true: paths are absolute, and nothing is of this program alone.
 * @throws {RangeError} for what cannot outlive this program
 */
export function portableOptions(options: ContainerOptions): StoredOptions {
  const { id: _id, name: _name, replace: _replace, signal, sandbox, ...stored } = options;
  if (sandbox !== undefined)
    throw invalidValue('sandbox', 'ends with this program, and a detached container does not', sandbox);
  if (signal !== undefined)
    throw invalidValue(
      'signal',
      'is of this program, which a detached container outlives',
      signal,
      'give it to start()',
    );
  refuseJoined(options);
  if (typeof options.seccomp === 'object' && 'notify' in options.seccomp && options.seccomp.notify !== undefined)
    throw invalidValue(
      'seccomp.notify',
      'is answered by this program, which a detached container outlives',
      'handlers',
      'allow or deny the calls',
    );
  return {
    ...stored,
    rootfs: portableRootfs(options.rootfs),
    ...(options.mounts && { mounts: options.mounts.map(portableMount) }),
  };
}

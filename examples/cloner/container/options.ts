/** A configuration as the library's options. */
import type { ContainerOptions, NamespaceName, NamespaceOption, NamespacesOption, RootfsOption } from 'cofferdam';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/errors.ts';
import { capabilitiesOf } from './capabilities.ts';
import { resourcesOf } from './cgroup.ts';
import type { Host } from './host.ts';
import { mountsOf } from './mounts.ts';
import { networkOf } from './network.ts';
import { seccompOf } from './seccomp.ts';

/** Names in /proc/PID/ns and in LXC's man page, and the library's. */
const NAMESPACES: Readonly<Record<string, NamespaceName>> = {
  pid: 'pid',
  mnt: 'mount',
  mount: 'mount',
  uts: 'uts',
  ipc: 'ipc',
  net: 'network',
  cgroup: 'cgroup',
  user: 'user',
  time: 'time',
};

function namespaceOf(word: string): NamespaceName {
  const name = Object.hasOwn(NAMESPACES, word) ? NAMESPACES[word] : undefined;
  if (!name) throw new ConfigError([`lxc.namespace: there is no namespace '${word}'`]);
  return name;
}

function shared(name: string, whose: string, host: Host): NamespaceOption {
  const pid = /^\d+$/.test(whose) ? Number(whose) : host.pidOf(whose);
  if (pid === undefined) throw new ConfigError([`lxc.namespace.share: container ${whose} does not run`]);
  return { path: `/proc/${pid}/ns/${name === 'mount' ? 'mnt' : name}` };
}

/** `lxc.namespace.clone` names those that are new, and then all others are kept. */
function namespacesOf({ keptNamespaces, clonedNamespaces, sharedNamespaces }: Config, host: Host): NamespacesOption {
  const cloned = clonedNamespaces.map(namespaceOf);
  const kept =
    cloned.length > 0
      ? Object.values(NAMESPACES).filter((name) => name !== 'user' && name !== 'time' && !cloned.includes(name))
      : keptNamespaces.map(namespaceOf);
  return {
    ...Object.fromEntries(kept.map((name) => [name, 'host'])),
    ...Object.fromEntries([...sharedNamespaces].map(([name, whose]) => [namespaceOf(name), shared(name, whose, host)])),
  };
}

/** Without `lxc.rootfs.path` it is this machine's own root, which the container cannot change. */
export function rootfsOf({ root }: Config): RootfsOption {
  if (!root) return 'host';
  if (root.kind === 'dir') return root.path;
  return root.upper === 'tmpfs'
    ? { lower: root.lower, ephemeral: true }
    : { lower: root.lower, upper: root.upper, work: `${root.upper}.work` };
}

/** The masks of /proc are for containers that may not write to it. */
const open = { maskedPaths: [], readonlyPaths: [] };

/**
 * All but its name and what only a detached one has.
 * @throws {ConfigError} for what the library has not, or the configuration asks in vain
 */
export function optionsOf(config: Config, host: Host): ContainerOptions {
  if (config.refusals.size > 0) throw new ConfigError([...config.refusals.values()]);
  const { hostname, cwd, oomScoreAdj, uidMap, gidMap, timeOffsets } = config;
  const namespaces = namespacesOf(config, host);
  const offsets = Object.keys(timeOffsets).length > 0;
  const mapped = uidMap.length > 0 || gidMap.length > 0;
  if (mapped && (uidMap.length === 0 || gidMap.length === 0))
    throw new ConfigError(['lxc.idmap maps only users or only groups; give both u and g']);
  const groups = config.groups.length > 0 && { groups: config.groups };
  return {
    rootfs: rootfsOf(config),
    readonly: config.rootOptions.includes('ro'),
    ...(hostname !== undefined && { hostname }),
    namespaces,
    ...(mapped && { userNamespace: { uidMappings: uidMap, gidMappings: gidMap } }),
    ...(offsets && { timeOffsets }),
    mounts: mountsOf(config, host),
    ...(config.autoMounts.includes('proc:rw') && open),
    network: networkOf(config, host),
    resources: resourcesOf(config, host),
    sysctl: Object.fromEntries(config.sysctl),
    // As LXC has it: so that a program knows where it runs.
    env: { container: 'lxc', ...Object.fromEntries(config.environment) },
    ...(cwd !== undefined && { cwd }),
    ...((config.uid !== 0 || config.gid !== 0 || groups) && { user: { uid: config.uid, gid: config.gid, ...groups } }),
    rlimits: Object.fromEntries(config.rlimits),
    ...(oomScoreAdj !== undefined && { oomScoreAdj }),
    capabilities: capabilitiesOf(config, namespaces.pid === undefined, host),
    noNewPrivileges: config.noNewPrivileges,
    seccomp: seccompOf(config, host),
  };
}

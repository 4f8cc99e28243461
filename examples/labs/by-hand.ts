#!/usr/bin/env -S npx tsx
/**
 * The lab's container out of single system calls: what `createContainer()` does, one step after the other, to be read.
 *
 * `host` and `inside` are threads: namespaces belong to threads, and neither of these is one of Node's own.
 */
import { closeSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { CLONE, MNT, MS, O, type Operation, operation, RawThread } from 'cofferdam/native';
import { checkRoot, commandFor, environment } from '../minidocker/container.ts';
import { BY_HAND } from '../minidocker/options.ts';
import { type Hierarchy, hierarchyOf } from '../shared/cgroups.ts';
import { main, run, statusOfExit } from '../shared/command-line.ts';
import { chooseCpus } from '../shared/cpus.ts';
import { VERSION } from '../shared/package.ts';
import { requireRoot } from '../shared/privileges.ts';
import { ensureDebianRoot } from '../shared/rootfs.ts';
import { hasTerminal, lendTerminal, windowSize } from '../shared/terminal.ts';

/** Nothing watches over what is made by hand: when this program is told to end, it has to end the container first. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const HOSTNAME = 'administrator';
const MEMORY = 10 * 2 ** 20;
const NAME = `by-hand-${process.pid}`;
/** What the new process joins, in this order: the mount namespace takes it to another root, so that it comes last. */
const NAMESPACES = ['uts', 'ipc', 'net', 'mnt'] as const;
/** The veth's end on the host; at most 15 characters. */
const OUTSIDE = `byhand${process.pid}`;

/** 1. Cgroups: what the container may use. They are directories; their files are the settings. Adds to `groups`. */
async function limit(thread: RawThread, groups: string[]): Promise<void> {
  const make = (hierarchy: Hierarchy): string => {
    const path = `${hierarchy.path}/${NAME}`;
    mkdirSync(path);
    groups.push(path);
    return path;
  };
  const memory = hierarchyOf('memory');
  const cpuset = hierarchyOf('cpuset');
  const cpus = chooseCpus(1);
  if (memory.version === 2) {
    // One tree for all controllers; a parent hands them down to its children.
    await thread.writeCgroup(`${memory.path}/cgroup.subtree_control`, '+memory +cpuset');
    const group = make(memory);
    await thread.writeCgroup(`${group}/memory.max`, MEMORY);
    await thread.writeCgroup(`${group}/cpuset.cpus`, cpus);
    return;
  }
  await thread.writeCgroup(`${make(memory)}/memory.limit_in_bytes`, MEMORY);
  const own = make(cpuset);
  // A new v1 cpuset is empty, and nothing can join it before it has memory nodes and CPUs.
  await thread.writeCgroup(`${own}/cpuset.mems`, readFileSync(`${cpuset.path}/cpuset.mems`, 'utf8').trim());
  await thread.writeCgroup(`${own}/cpuset.cpus`, cpus);
}

/** 2. Namespaces: from here on this thread has mounts, a host name, IPC objects and a network of its own. */
async function separate(thread: RawThread): Promise<void> {
  await thread.unshare(CLONE.NEWNS | CLONE.NEWUTS | CLONE.NEWIPC | CLONE.NEWNET);
  // The new mount namespace is a copy whose mounts still tell the host's of every change: not any more.
  await thread.mount('', '/', '', MS.REC | MS.PRIVATE);
}

/** 3. A veth pair: two interfaces with a wire between them, one end here, the other inside. */
async function connect(host: RawThread, inside: RawThread): Promise<void> {
  const network = await inside.openNamespace('net');
  try {
    await host.createVeth(OUTSIDE, 'eth1', network);
  } finally {
    closeSync(network);
  }
  await inside.setLinkUp('lo');
  await inside.addAddress('eth1', '10.0.0.1', 24);
  await inside.setLinkUp('eth1');
}

/** 4. The root file system becomes the root. */
async function enter(thread: RawThread, root: string): Promise<void> {
  // pivot_root(2) wants a mount point: bound to itself, a directory is one.
  await thread.mount(root, root, '', MS.BIND | MS.REC);
  // Devices: the host's own nodes, on a file system of the container's.
  await thread.mount('/dev', `${root}/dev`, '', MS.BIND | MS.REC);
  // Pseudo-terminals of its own.
  await thread.mount(
    'devpts',
    `${root}/dev/pts`,
    'devpts',
    MS.NOSUID | MS.NOEXEC,
    'newinstance,ptmxmode=0666,mode=0620',
  );
  await thread.mount('sysfs', `${root}/sys`, 'sysfs', MS.RDONLY | MS.NOSUID | MS.NODEV | MS.NOEXEC);
  await thread.chdir(root);
  // The old root lands on top of the new one, and is taken away from there: no directory is needed for it.
  await thread.pivotRoot('.', '.');
  await thread.umount('.', MNT.DETACH);
  // What was the working directory may have been outside: chroot(2) leaves it alone too, that is the classical way out.
  await thread.chroot('/');
  await thread.chdir('/');
}

/** Standard streams: ours, or a terminal of the container's for which ours is the window. Slots 0, 1 and 2 come filled. */
function streams(): Operation[] {
  if (!hasTerminal()) return [operation('setsid', {}), operation('stdio', { stdin: 0, stdout: 1, stderr: 2 })];
  const root = 3 + NAMESPACES.length;
  return [
    operation('open', { path: '/', flags: O.PATH | O.DIRECTORY, into: root }),
    operation('terminal', { dir: root, ...windowSize(), into: 0 }),
    operation('setsid', { terminal: 0 }),
    operation('stdio', { stdin: 0, stdout: 0, stderr: 0 }),
  ];
}

/** 5. The program of the new process: joins what was prepared, and becomes the command. */
function programFor(command: readonly string[], groups: readonly string[]): Operation[] {
  const { env = {} } = environment();
  return [
    // A process joins a cgroup by writing itself, 0, to it. While it is the host's namespaces that it sees.
    ...groups.map((path) => operation('write', { path: `${path}/cgroup.procs`, data: Buffer.from('0') })),
    // A cgroup namespace is rooted where the process is: after the joining.
    operation('unshare', { flags: CLONE.NEWCGROUP }),
    ...NAMESPACES.map((_, index) => operation('setns', { descriptor: 3 + index })),
    // proc shows the pid namespace of the process that mounts it: only one that is inside can do it.
    operation('mount', { source: 'proc', target: '/proc', type: 'proc', flags: MS.NOSUID | MS.NODEV | MS.NOEXEC }),
    operation('chdir', { path: '/' }),
    ...streams(),
    operation('exec', {
      file: command[0] as string,
      argv: command,
      envp: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      path: env.PATH as string,
    }),
  ];
}

async function container(root: string, command: readonly string[]): Promise<number> {
  const host = await RawThread.open();
  const inside = await RawThread.open();
  const groups: string[] = [];
  const namespaces: number[] = [];
  try {
    await limit(host, groups);
    await separate(inside);
    // Descriptors of them, while there is still a /proc to open them in.
    for (const name of NAMESPACES) namespaces.push(await inside.openNamespace(name));
    await inside.setHostname(HOSTNAME);
    await connect(host, inside);
    await enter(inside, root);
    const first = await inside.clone({
      program: programFor(command, groups),
      // CLONE_NEWPID: the child is PID 1 of its own.
      cloneFlags: CLONE.NEWPID,
      descriptors: namespaces,
      stdio: 'inherit',
    });
    for (const signal of ENDING) process.once(signal, () => first.kill('SIGKILL'));
    if (first.terminal) await lendTerminal(first);
    return statusOfExit(await first.exited);
  } finally {
    // 6. All that was made: the interfaces go with the network namespace, the mounts with theirs, once nobody has them.
    for (const descriptor of namespaces) closeSync(descriptor);
    await Promise.all([host.close(), inside.close()]);
    for (const path of groups) rmdirSync(path);
  }
}

await main(
  run(BY_HAND, VERSION, process.argv.slice(2), async ({ values, rest }) => {
    if (values.rootfs !== undefined) checkRoot(values.rootfs);
    requireRoot('lab:by-hand');
    const root = values.rootfs ?? (await ensureDebianRoot());
    return container(root, commandFor(rest, root));
  }),
);

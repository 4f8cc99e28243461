// What the scripts want of the system, as Debian packages. Each is taken as present when its program is found, so that
// machines without dpkg are served as well; a plain user is told what is missing, root gets it through apt.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { which } from './programs.js';
import { Stop, say } from './say.js';

/** Debian 12 has QEMU's own, in a package that qemu-system-x86 brings; Debian 13 the newer one, in its own. */
export const VIRTIOFSD = ['/usr/libexec/virtiofsd', '/usr/lib/qemu/virtiofsd'];

/**
 * package, the program that shows its presence, and who wants it. `needs`: nothing works without; `wants`: some tests or a
 * default do. paths: where a program is that PATH does not lead to. late: not every release has such a package, and what is
 * installed before it may bring the program.
 */
const PACKAGES = [
  { name: 'g++', program: 'g++', variable: 'CXX', needs: ['native'], wants: [] },
  { name: 'make', program: 'make', needs: ['native'], wants: [] },
  { name: 'python3', program: 'python3', needs: ['native'], wants: [] },
  { name: 'mmdebstrap', program: 'mmdebstrap', needs: [], wants: ['rootfs', 'cloner', 'test'] },
  { name: 'busybox-static', program: 'busybox', needs: [], wants: ['cloner', 'labs:guest', 'test'] },
  { name: 'iproute2', program: 'ip', needs: [], wants: ['rootfs', 'labs', 'test'] },
  { name: 'nftables', program: 'nft', needs: [], wants: ['network', 'labs', 'cloner', 'test'] },
  { name: 'iputils-ping', program: 'ping', needs: [], wants: ['labs', 'test'] },
  { name: 'procps', program: 'ps', needs: [], wants: ['test'] },
  { name: 'util-linux', program: 'script', needs: [], wants: ['test'] },
  { name: 'strace', program: 'strace', needs: [], wants: ['test'] },
  { name: 'uidmap', program: 'newuidmap', needs: [], wants: ['test'] },
  { name: 'passt', program: 'pasta', needs: [], wants: ['test'] },
  { name: 'slirp4netns', program: 'slirp4netns', needs: [], wants: ['test'] },
  { name: 'qemu-system-x86', program: 'qemu-system-x86_64', needs: [], wants: ['guest', 'labs:guest'] },
  { name: 'virtiofsd', program: 'virtiofsd', paths: VIRTIOFSD, late: true, needs: [], wants: ['guest'] },
  { name: 'haproxy', program: 'haproxy', needs: [], wants: ['autoscaler', 'test'] },
  { name: 'chromium', program: 'chromium', needs: [], wants: ['browser'] },
  { name: 'clang', program: 'clang++', needs: ['fuzz'], wants: [] },
  { name: 'valgrind', program: 'valgrind', needs: ['valgrind'], wants: [] },
  { name: 'cmake', program: 'cmake', needs: ['developer'], wants: [] },
  { name: 'clang-format', program: 'clang-format', needs: ['lint'], wants: [] },
  { name: 'clang-tidy', program: 'clang-tidy', needs: ['lint'], wants: [] },
  { name: 'shellcheck', program: 'shellcheck', needs: ['lint'], wants: [] },
  { name: 'g++-aarch64-linux-gnu', program: 'aarch64-linux-gnu-g++', needs: ['arm64'], wants: [] },
];

const isRoot = () => process.geteuid?.() === 0;
const isPresent = ({ program, paths = [], variable }) =>
  (variable !== undefined && process.env[variable]) ||
  which(program) !== undefined ||
  paths.some((path) => existsSync(path));

/** apt-get (or apt-cache) that waits for another one's lock, asks nothing and speaks English, which is read. */
export const apt = (args, options, program = 'apt-get') =>
  spawnSync(program, ['-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=3', ...args], {
    env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
    encoding: 'utf8',
    ...options,
  });

export function updateLists() {
  say('reading the package lists of this machine (apt-get update)');
  apt(['update', '-qq'], { stdio: ['ignore', 2, 2] });
}

/** What apt says that it would fetch: '45.2 MB', or undefined when its lists do not know a package yet. */
function download(names) {
  const { status, stdout } = apt(['install', '--no-install-recommends', '--assume-no', ...names]);
  const size = /Need to get ([\d.,]+ \w+)/.exec(stdout)?.[1];
  return status === 0 ? 'nothing' : size;
}

/** Programs are wanted, and not the services that some packages would start (haproxy): invoke-rc.d(8) asks this script. */
const POLICY = '/usr/sbin/policy-rc.d';

function withoutServices(act) {
  const ours = !existsSync(POLICY);
  if (ours) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    act();
  } finally {
    if (ours) rmSync(POLICY, { force: true });
  }
}

function install(names) {
  let size = download(names);
  if (size === undefined) {
    updateLists();
    size = download(names);
  }
  say(`installing ${names.join(', ')} with apt (download ${size ?? 'of unknown size'}, about a minute)`);
  withoutServices(() =>
    apt(['install', '-y', '-qq', '--no-install-recommends', '-o', 'Dpkg::Use-Pty=0', ...names], {
      stdio: ['ignore', 2, 2],
    }),
  );
}

/**
 * See to it that the packages for some purposes are there.
 * @param {string[]} purposes 'native', 'test', 'rootfs' …
 * @param {{ install?: boolean }} [options] install: root installs what is missing (default true)
 * @throws {Stop} when one is missing without which nothing works
 */
export function ensurePackages(purposes, { install: mayInstall = true } = {}) {
  const entries = PACKAGES.filter(({ needs, wants }) =>
    purposes.some((one) => needs.includes(one) || wants.includes(one)),
  );
  let missing = entries.filter((entry) => !isPresent(entry));
  for (const late of [false, true]) {
    const names = missing.filter((entry) => (entry.late ?? false) === late).map(({ name }) => name);
    if (names.length === 0 || !mayInstall || !isRoot() || !which('apt-get')) continue;
    install(names);
    missing = missing.filter((entry) => !isPresent(entry));
  }
  if (missing.length === 0) return;
  const names = missing.map((entry) => entry.name).join(' ');
  const how = which('apt-get')
    ? `get them with: sudo apt-get install -y --no-install-recommends ${names}`
    : 'this machine has no apt-get, its own package manager has them under these or similar names';
  const text = `missing on this machine: ${names}; ${how}`;
  if (missing.some(({ needs }) => purposes.some((one) => needs.includes(one)))) throw new Stop(text);
  say(`${text}. Going on: what needs them is skipped.`);
}

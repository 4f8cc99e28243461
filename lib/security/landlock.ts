/** landlock(7) as operations: lists of paths and ports to masks of rights, as far as this kernel knows them. */
import { createError } from '../errors.ts';
import { native } from '../native.ts';
import type { NormalizedLandlock } from '../options/normalized.ts';
import { type Operation, operation } from '../program/operation.ts';

/** LANDLOCK_ACCESS_FS_* with the version of the interface that has them first; linux/landlock.h. */
const EXECUTE = 1 << 0;
const READ = (1 << 2) | (1 << 3);
const WRITE: readonly (readonly [bits: number, since: number])[] = [
  // write_file, and from remove_dir to make_sym
  [(1 << 1) | 0b1_1111_1111_0000, 1],
  // refer: links and renames between directories
  [1 << 13, 2],
  [1 << 14, 3],
  // ioctl of devices
  [1 << 15, 5],
];
const BIND = 1;
const CONNECT = 2;
/** Version of the interface that has TCP ports, and the one that has scopes (abstract sockets, signals). */
const NETWORK_SINCE = 4;
const SCOPED_SINCE = 6;
const SCOPES = 3;

const of = (rights: typeof WRITE, version: number): number =>
  rights.reduce((bits, [each, since]) => (version >= since ? bits | each : bits), 0);

/** errno when there is no Landlock here, else undefined; and its version. */
export function landlockVersion(): number {
  return native().landlock();
}

function need(version: number, least: number, what: string): void {
  if (version >= least) return;
  throw createError('ERR_UNSUPPORTED', {
    feature: what,
    reason:
      version > 0
        ? `this kernel's Landlock is version ${version}`
        : 'this kernel has no Landlock, or it was not started with it',
    hint: `it takes version ${least}: see landlock(7); the kernel's command line may need lsm=landlock,...`,
  });
}

/**
 * After the capabilities are dropped: nothing that the launch does afterwards opens a file but the command.
 * @throws {CofferdamError} ERR_UNSUPPORTED for what this kernel cannot hold
 */
export function landlockOperations(
  landlock: NormalizedLandlock | undefined,
  version = landlock ? landlockVersion() : 0,
): Operation[] {
  if (!landlock) return [];
  const { read, write, execute, connect, bind, scoped } = landlock;
  const files = read || write || execute;
  const ports = connect || bind;
  need(version, 1, "option 'landlock'");
  if (ports) need(version, NETWORK_SINCE, "option 'landlock.connect' or 'landlock.bind'");
  if (scoped) need(version, SCOPED_SINCE, "option 'landlock.scoped'");
  const writing = of(WRITE, version);
  const rules = (mask: number, values: readonly (string | number)[] = []) => values.map((value) => `${mask} ${value}`);
  return [
    operation('landlock', {
      files: files ? EXECUTE | READ | writing : 0,
      network: (bind ? BIND : 0) | (connect ? CONNECT : 0),
      scoped: scoped ? SCOPES : 0,
      paths: [...rules(READ, read), ...rules(writing, write), ...rules(EXECUTE, execute)],
      ports: [...rules(BIND, bind), ...rules(CONNECT, connect)],
    }),
  ];
}

/** The tables of kernel numbers against the kernel's own headers, where they are installed. */
import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import * as constants from '../../../lib/program/constants.ts';

const HEADERS = '/usr/include';

/** Values of `#define PREFIX_NAME number` and of `PREFIX_NAME = number`. */
function defined(file: string, prefix: string): Map<string, number> {
  const text = readFileSync(`${HEADERS}/${file}`, 'utf8');
  const found = new Map<string, number>();
  const rows = text.matchAll(
    new RegExp(
      `^\\s*(?:#\\s*define\\s+)?${prefix}(\\w+)\\s*=?\\s*\\(?(0x[0-9a-fA-F]+|\\d+)(?:ULL|U)?\\s*(?:<<\\s*(\\d+))?\\)?`,
      'gm',
    ),
  );
  for (const [, name = '', number = '', shift = '0'] of rows)
    found.set(name, Number(/^0\d/.test(number) ? `0o${number.slice(1)}` : number) * 2 ** Number(shift));
  return found;
}

const TABLES: [
  table: Readonly<Record<string, number>>,
  file: string,
  prefix: string,
  rename?: (name: string) => string,
][] = [
  [constants.MS, 'linux/mount.h', 'MS_'],
  [constants.MOUNT_ATTR, 'linux/mount.h', 'MOUNT_ATTR_'],
  [{ _ATIME: constants.MOUNT_ATTR_ATIME_MASK }, 'linux/mount.h', 'MOUNT_ATTR_'],
  [constants.OPEN_TREE, 'linux/mount.h', 'OPEN_TREE_'],
  [constants.AT, 'linux/fcntl.h', 'AT_'],
  [constants.RESOLVE, 'linux/openat2.h', 'RESOLVE_'],
  [constants.CLONE, 'linux/sched.h', 'CLONE_'],
  [constants.PR, 'linux/prctl.h', 'PR_'],
  [constants.RLIMIT, 'asm-generic/resource.h', 'RLIMIT_', (name) => name.toUpperCase()],
  [{ PATH: constants.O.PATH, CLOEXEC: constants.O.CLOEXEC }, 'asm-generic/fcntl.h', 'O_'],
];

t.test('tables', (t) => {
  for (const [table, file, prefix, rename = (name: string) => name] of TABLES) {
    if (!existsSync(`${HEADERS}/${file}`)) {
      t.pass(file, { skip: `${HEADERS}/${file} is not installed` });
      continue;
    }
    const known = defined(file, prefix);
    for (const [name, value] of Object.entries(table))
      t.equal(known.get(rename(name)), value, `${prefix}${rename(name)}`);
  }
  t.end();
});

t.test('capabilities', { skip: !existsSync(`${HEADERS}/linux/capability.h`) && 'no kernel headers' }, (t) => {
  const known = defined('linux/capability.h', 'CAP_');
  constants.CAPABILITIES.forEach((name, number) => {
    t.equal(known.get(name), number, name);
  });
  t.end();
});

t.test('makedev(3)', (t) => {
  t.equal(constants.makeDevice(1, 3), 0x103);
  t.equal(constants.makeDevice(5, 0), 0x500);
  t.equal(constants.makeDevice(10, 229), 0xae5);
  t.equal(constants.makeDevice(8, 300), 0x10082c);
  t.end();
});

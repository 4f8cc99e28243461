// Which kernel modules the guest loads, and in which order: each after those that it depends on.
import { readFileSync } from 'node:fs';

/** What the guest boots with, and what containers use: nothing loads modules on demand there. */
export const GUEST_MODULES = [
  'virtio_pci',
  'virtio_console',
  'virtiofs',
  'overlay',
  'veth',
  'bridge',
  'dummy',
  'nf_tables',
  'nft_chain_nat',
  'nft_masq',
];

const nameOf = (path) => /([^/]+)\.ko$/.exec(path)?.[1].replaceAll('-', '_');

/**
 * @param {readonly string[]} names
 * @param {string} dependencies text of modules.dep: 'path.ko: path.ko …' a line
 * @param {string} builtin text of modules.builtin: a path a line, of what needs no loading
 * @returns {string[]} paths relative to the modules' directory, dependencies first
 */
export function loadOrder(names, dependencies, builtin) {
  const needs = new Map(
    dependencies
      .split('\n')
      .filter((line) => line.includes(':'))
      .map((line) => {
        const [path, after] = line.split(':');
        return [path, after.split(' ').filter(Boolean)];
      }),
  );
  const paths = new Map([...needs.keys()].map((path) => [nameOf(path), path]));
  const present = new Set(builtin.split('\n').map(nameOf));
  const order = new Set();
  const add = (path) => {
    if (order.has(path)) return;
    for (const needed of needs.get(path) ?? []) add(needed);
    order.add(path);
  };
  for (const name of names) {
    const path = paths.get(name);
    if (path) add(path);
    else if (!present.has(name)) throw new Error(`this kernel has no module ${name}`);
  }
  return [...order];
}

/** The modules of an unpacked kernel. @param {import('./kernel.js').Kernel} kernel */
export const modulesOf = ({ modules }) =>
  loadOrder(
    GUEST_MODULES,
    readFileSync(`${modules}/modules.dep`, 'utf8'),
    readFileSync(`${modules}/modules.builtin`, 'utf8'),
  );

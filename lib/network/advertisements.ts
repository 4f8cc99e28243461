/**
 * Nobody on a container's link becomes a router of who is at its other end: a router advertisement is believed by every
 * interface with `accept_ra`, which is the kernel's default, and CAP_NET_RAW is enough to send one (CVE-2020-13401).
 * Interfaces of a bridge hear none; the bridge does, and bridge.ts sees to that.
 */
import { CLONE } from '../program/constants.ts';
import { type Operation, operation } from '../program/operation.ts';
import type { SlotTable } from '../program/slots.ts';
import type { Interface } from './interfaces.ts';
import type { Ground } from './link-operations.ts';

/** For an interface, or those to come. No IPv6, no such file. */
export const ipv6Setting = (link: string, name: string, value: string): Operation =>
  operation(
    'write',
    { path: `/proc/sys/net/ipv6/conf/${link}/${name}`, data: Buffer.from(value) },
    { tolerate: 'ENOENT' },
  );

/** On the host's side an end that no bridge has is an interface like others. */
const listens = ({ bridge, link }: Interface): boolean => link.type === 'veth' && bridge === '';

export interface DeafEnds {
  before: Operation[];
  /** What follows the making of that interface; nothing is up at its other end yet. */
  after(each: Interface, name: string): Operation[];
  done: Operation[];
}

/** The host's ends. procfs shows the settings of the namespace that the reader is in, so the child goes back for a moment. */
export function deafEnds(interfaces: readonly Interface[], slots: SlotTable, { namespace, actor }: Ground): DeafEnds {
  const setting = (name: string): Operation => ({ ...ipv6Setting(name, 'accept_ra', '0'), actor });
  if (!interfaces.some(listens)) return { before: [], after: () => [], done: [] };
  if (actor !== 'child') return { before: [], after: (each, name) => (listens(each) ? [setting(name)] : []), done: [] };
  const home = slots.reserve("the host's network namespace");
  const enter = (descriptor: number) => operation('setns', { descriptor, flags: CLONE.NEWNET });
  return {
    before: [operation('open', { path: '/proc/self/ns/net', into: home })],
    after: (each, name) => (listens(each) ? [enter(home), setting(name), enter(namespace)] : []),
    done: [operation('close', { descriptor: home })],
  };
}

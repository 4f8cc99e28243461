/**
 * What the program nft is told: one table a network, `inet cofferdam-NAME`, in whose maps published ports are elements.
 * An element is added and deleted by its key, so what undoes it is known beforehand; removing the table removes all.
 */
import { hostHas } from '../host-files.ts';
import type { Actor, Tolerated } from '../program/contract.ts';
import { type Operation, operation } from '../program/operation.ts';
import type { NetworkRecord } from './record.ts';

/** Where distributions put it. */
const PLACES = ['/usr/sbin/nft', '/sbin/nft', '/usr/bin/nft', '/usr/local/sbin/nft'];

/** The program's path, or undefined. */
export const findNft = (): string | undefined => PLACES.find(hostHas);

/** It takes some 30 ms; a machine that swaps may take its time. */
const TIMEOUT = 30_000;

/** One transaction. Where the program is missing the operation fails with ENOENT, which errors explain. */
export const nftOperation = (document: string, actor: Actor, tolerate: Tolerated[] = []): Operation =>
  operation(
    'run',
    { command: `${findNft() ?? PLACES[0]} -f -`, input: document, timeout: TIMEOUT },
    { actor, tolerate },
  );

export const tableOf = (network: string): string => `inet cofferdam-${network}`;

/** A port of the host that leads to a container, as elements have it. */
export interface Element {
  network: string;
  protocol: string;
  port: string;
  /** Of the host; undefined: every one, of the target's family. */
  address: string | undefined;
  /** Address and port in the container. */
  target: string;
  targetPort: string;
  family: 4 | 6;
}

const mapOf = ({ address, family }: Element): string => `${address === undefined ? 'any' : 'at'}${family}`;
const keyOf = ({ address, protocol, port }: Element): string =>
  `${address === undefined ? '' : `${address} . `}${protocol} . ${port}`;

export const addElements = (elements: readonly Element[]): string =>
  elements
    .map(
      (each) =>
        `add element ${tableOf(each.network)} ${mapOf(each)} { ${keyOf(each)} : ${each.target} . ${each.targetPort} }\n`,
    )
    .join('');

export const deleteElements = (elements: readonly Element[]): string =>
  elements.map((each) => `delete element ${tableOf(each.network)} ${mapOf(each)} { ${keyOf(each)} }\n`).join('');

export const deleteTable = (network: string): string => `delete table ${tableOf(network)}\n`;

/** Lines of a chain; `false` for those that do not apply. */
function chain(name: string, head: string, rules: readonly (string | false)[]): string {
  const lines = rules.filter((rule) => rule !== false);
  return `  chain ${name} {\n    ${head}; policy accept;\n${lines.map((rule) => `    ${rule}\n`).join('')}  }\n`;
}

/**
 * The table of a network. Made anew in one transaction where it is there already.
 *
 *   guard     route_localnet, without which 127.0.0.1 could not lead to a container, would let containers send to the
 *             host's loopback (CVE-2020-8558)
 *   arriving  packets from elsewhere to published ports; what is published on 127.0.0.1 is never looked up here
 *   own       packets of the host itself to published ports
 *   leaving   masquerade of what leaves the network; of the host's loopback, which the container could not answer; and of
 *             what comes back to the network that it came from, whose answer would not pass here again
 *   between   nobody reaches a container but by a published port, in answer to it, or from its own network
 *   host      an internal network has the bridge's resolver, and nothing else of the host
 */
export function tableDocument(record: NetworkRecord, elements: readonly Element[] = []): string {
  const { name, subnet, subnet6, gateway, gateway6, internal } = record;
  const table = tableOf(name);
  const bridge = `"${name}"`;
  const guard = [`iifname ${bridge} ip daddr 127.0.0.0/8 drop`];
  const arriving = [
    'ip daddr != 127.0.0.0/8 dnat ip to ip daddr . meta l4proto . th dport map @at4',
    'ip daddr != 127.0.0.0/8 fib daddr type local dnat ip to meta l4proto . th dport map @any4',
    'dnat ip6 to ip6 daddr . meta l4proto . th dport map @at6',
    'fib daddr type local dnat ip6 to meta l4proto . th dport map @any6',
  ];
  const own = [
    'dnat ip to ip daddr . meta l4proto . th dport map @at4',
    'fib daddr type local dnat ip to meta l4proto . th dport map @any4',
    'dnat ip6 to ip6 daddr . meta l4proto . th dport map @at6',
    'fib daddr type local ip6 daddr != ::1 dnat ip6 to meta l4proto . th dport map @any6',
  ];
  const leaving = [
    !internal && `ip saddr ${subnet} oifname != ${bridge} masquerade`,
    !internal && subnet6 !== undefined && `ip6 saddr ${subnet6} oifname != ${bridge} masquerade`,
    `oifname ${bridge} ip saddr 127.0.0.0/8 masquerade`,
    `oifname ${bridge} ip saddr ${subnet} ct status dnat masquerade`,
    subnet6 !== undefined && `oifname ${bridge} ip6 saddr ${subnet6} ct status dnat masquerade`,
  ];
  const between = [
    `iifname ${bridge} oifname ${bridge} accept`,
    subnet6 === undefined && `iifname ${bridge} meta nfproto ipv6 drop`,
    internal && `iifname ${bridge} drop`,
    !internal && `oifname ${bridge} ct state established,related accept`,
    !internal && `oifname ${bridge} ct status dnat accept`,
    `oifname ${bridge} drop`,
  ];
  const resolver = (protocol: string, address: string) =>
    `iifname ${bridge} ${address} meta l4proto ${protocol} th dport 53 accept`;
  const host = [
    `iifname ${bridge} ct state established,related accept`,
    `iifname ${bridge} meta l4proto { icmp, ipv6-icmp } accept`,
    resolver('{ tcp, udp }', `ip daddr ${gateway}`),
    gateway6 !== undefined && resolver('{ tcp, udp }', `ip6 daddr ${gateway6}`),
    `iifname ${bridge} drop`,
  ];
  return [
    // Deleting what is not there fails, adding what is there does not.
    `add table ${table}\ndelete table ${table}\ntable ${table} {\n`,
    '  map at4 { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }\n',
    '  map any4 { type inet_proto . inet_service : ipv4_addr . inet_service; }\n',
    '  map at6 { type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; }\n',
    '  map any6 { type inet_proto . inet_service : ipv6_addr . inet_service; }\n',
    chain('guard', 'type filter hook prerouting priority -300', guard),
    chain('arriving', 'type nat hook prerouting priority -100', arriving),
    chain('own', 'type nat hook output priority -100', own),
    chain('leaving', 'type nat hook postrouting priority 100', leaving),
    chain('between', 'type filter hook forward priority 0', between),
    internal ? chain('host', 'type filter hook input priority 0', host) : '',
    '}\n',
    addElements(elements),
  ].join('');
}

/** Interfaces that are no veth: born in the container's network namespace, or moved into it. */

import { parseAddress } from './address.ts';
import { FAMILY, IFF, IFLA, MACVLAN, NDA, NLM, RTM, VXLAN } from './rtnetlink/constants.ts';
import { type Attribute, bytesOf, linkHeader, linkInfo, message } from './rtnetlink/message.ts';

/** 0: the kernel's choice. */
interface Common {
  name: string;
  mtu: number;
  /** Six bytes, or none. */
  mac: Uint8Array;
}

const common = ({ name, mtu, mac }: Common): Attribute[] => [
  [IFLA.IFNAME, name],
  ...(mtu > 0 ? [[IFLA.MTU, mtu] as const] : []),
  ...(mac.length > 0 ? [[IFLA.ADDRESS, mac] as const] : []),
];

export type MacvlanMode = keyof typeof MACVLAN.modes;

/** A macvlan: shares its parent's wire under a MAC of its own. The sender adds the parent and the namespace. */
export const macvlanMessage = (link: Common, mode: MacvlanMode): Uint8Array =>
  message(RTM.NEWLINK, NLM.CREATE | NLM.EXCL, linkHeader(), [
    ...common(link),
    linkInfo('macvlan', [[MACVLAN.MODE, MACVLAN.modes[mode]]]),
  ]);

export interface Vxlan {
  /** VXLAN network identifier, 24 bits. */
  vni: number;
  /** The host's own address, from which it sends. */
  local: string;
  /** UDP port. */
  port: number;
}

const bigEndian16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 0xff);

/** A VXLAN without multicast: whom it floods to, the forwarding entries say (see `floodMessage`). */
export function vxlanMessage(link: Common, { vni, local, port }: Vxlan, up = false): Uint8Array {
  const address = parseAddress(local) as Uint8Array;
  const flags = up ? IFF.UP : 0;
  return message(RTM.NEWLINK, NLM.CREATE | NLM.EXCL, linkHeader(flags), [
    ...common(link),
    linkInfo('vxlan', [
      [VXLAN.ID, vni],
      [address.length === 4 ? VXLAN.LOCAL : VXLAN.LOCAL6, address],
      [VXLAN.LEARNING, bytesOf(1, 1)],
      [VXLAN.PORT, bigEndian16(port)],
    ]),
  ]);
}

/** A peer of a VXLAN: what goes to everybody, or to a MAC that was not seen yet, goes to it as well. */
export function floodMessage(peer: string): Uint8Array {
  // struct ndmsg; the index is filled in by whoever sends it.
  const header = Buffer.alloc(12);
  header.writeUInt8(FAMILY.bridge, 0);
  header.writeUInt16LE(NDA.permanent | NDA.noArp, 8);
  header.writeUInt8(NDA.self, 10);
  return message(RTM.NEWNEIGH, NLM.CREATE | NLM.APPEND, header, [
    [NDA.DST, parseAddress(peer) as Uint8Array],
    [NDA.LLADDR, new Uint8Array(6)],
  ]);
}

/** An interface that exists gets another name, in another namespace, which the sender adds. */
export const moveMessage = (name: string): Uint8Array => message(RTM.NEWLINK, 0, linkHeader(), [[IFLA.IFNAME, name]]);

/** Bytes of a packet in the tunnel around each frame: IP, UDP, VXLAN, and the frame's own Ethernet header. */
export const VXLAN_OVERHEAD = { 4: 50, 6: 70 } as const;
/** IANA's. */
export const VXLAN_PORT = 4789;

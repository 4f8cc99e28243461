/** What the matrix's guest is made of, as text: its card on the bridge, its address, and its channels to this program. */

/** Each a virtio port: a file in the guest, a socket here. */
export const CHANNELS = ['agent', 'nft'] as const;
export type Channel = (typeof CHANNELS)[number];

/** Not loaded on demand there. nf_tables has the families ip, ip6 and inet in it. */
export const MODULES: readonly string[] = ['virtio_pci', 'virtio_net', 'virtio_console', 'nf_tables'];

/** Where the agent's program is in the guest. */
export const AGENT_FILE = '/agent.cjs';

/** The parts of a network that a guest on it must know. */
export interface Wire {
  /** Of the bridge. */
  name: string;
  /** '10.88.0.0/24' */
  subnet: string;
  gateway: string;
}

/** The last address that a machine may have: leases begin at the other end, and the lab's network has two. */
export function lastAddress(subnet: string): string {
  const [base = '', length = ''] = subnet.split('/');
  const number = base.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
  const last = number + 2 ** (32 - Number(length)) - 2;
  return [24, 16, 8, 0].map((shift) => Math.floor(last / 2 ** shift) % 256).join('.');
}

export const socketOf = (directory: string, channel: Channel): string => `${directory}/${channel}`;

/** What QEMU calls when it has made the tap device: puts it on the bridge, before the guest runs. @param ip path of ip(8) */
export const attachScript = ({ name }: Wire, ip: string): string =>
  `#!/bin/sh\nexec '${ip}' link set dev "$1" master ${name} up\n`;

/**
 * QEMU makes the tap device itself, by a name that the kernel completes. It is not persistent: the kernel takes it away
 * when QEMU ends, for whatever reason (the kernel's Documentation/networking/tuntap.rst).
 * @param script path of the attachScript()
 */
export const devicesOf = (directory: string, script: string): string[] => [
  ...['-netdev', `tap,id=net,ifname=lab-tap%d,script=${script},downscript=no`, '-device', 'virtio-net-pci,netdev=net'],
  ...['-device', 'virtio-serial-pci'],
  ...CHANNELS.flatMap((channel) => [
    ...['-chardev', `socket,id=${channel},path=${socketOf(directory, channel)},server=on,wait=off`],
    ...['-device', `virtserialport,chardev=${channel},name=${channel}`],
  ]),
];

/**
 * Before the first command. A port says that it is at its end while nobody is connected here: so who serves one waits for
 * the line `go`. It can be opened once at a time, hence one descriptor for both directions. A program that fails takes the
 * machine with it: that closes the sockets here, and nobody waits for its answers.
 */
export const setupOf = ({ subnet, gateway }: Wire): string => `ip link set eth0 up
ip address add ${lastAddress(subnet)}/${subnet.split('/')[1]} dev eth0
ip route add default via ${gateway}
until ${CHANNELS.map((channel) => `[ -e /dev/${channel} ]`).join(' && ')}; do
  for port in /sys/class/virtio-ports/*; do
    [ ! -e "$port/name" ] || ln -sf "/dev/\${port##*/}" "/dev/$(cat "$port/name")"
  done
  sleep 0.1
done
serve() {
  channel=$1
  shift
  { until read -r go; do sleep 0.1; done; "$@" || poweroff -f; } 0<>"/dev/$channel" >&0 &
}`;

/** How a command gets a channel for its input and output. */
export const serveOn = (channel: Channel, words: readonly string[]): string =>
  ['serve', channel, ...words.map((word) => `'${word}'`)].join(' ');

/** The guest's own names: without them, Node would look for localhost in the network. */
export const HOSTS = '127.0.0.1 localhost\n::1 localhost\n';

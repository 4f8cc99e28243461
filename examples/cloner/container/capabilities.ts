/** `lxc.cap.drop` and `lxc.cap.keep`. */
import type { CapabilitiesOption } from 'cofferdam';
import type { Config } from '../config/config.ts';
import type { Host } from './host.ts';

/** What `reboot` and `poweroff` take; they act on the container alone, reboot(2). */
const OWN_PID: readonly string[] = ['SYS_BOOT'];

const plain = (name: string): string => name.toUpperCase().replace(/^CAP_/, '');

/**
 * Debian's busybox template asks for an address by DHCP when it boots, and waits for good where nobody answers. Here the
 * interface has its address already, and without CAP_NET_RAW the client gives up at once.
 */
function waitsForDHCP({ root }: Config, host: Host): boolean {
  const bottom = root?.kind === 'dir' ? root.path : root?.lower.at(-1);
  try {
    return /^\s*(\S*\/)?udhcpc\s*$/m.test(host.read(`${bottom}/etc/init.d/rcS`));
  } catch {
    return false;
  }
}

/**
 * Without `lxc.cap.keep` these are the library's defaults and CAP_SYS_BOOT, less what is dropped: fewer than LXC leaves a
 * container, which keeps everything that is not dropped.
 * @param ownPid It has process ids of its own: otherwise a reboot would be the host's.
 */
export function capabilitiesOf(config: Config, ownPid: boolean, host: Host): CapabilitiesOption {
  const dropped = config.capDrop.map(plain);
  if (config.capKeep) return config.capKeep.map(plain).filter((name) => !dropped.includes(name));
  const add = ownPid ? OWN_PID.filter((name) => !dropped.includes(name)) : [];
  return { add, drop: [...dropped, ...(waitsForDHCP(config, host) ? ['NET_RAW'] : [])] };
}

// Root's way to run a command as a user who is not root: in a mount namespace of its own, where this user has an entry in
// passwd and subordinate ids, and where the tree can be read wherever it lies; and in a network of its own, that has a way
// out as far as anybody can see, and leads nowhere. Both go with their last process.
import { which } from '../setup/programs.js';
import { tree } from '../setup/tree.js';

/** Nobody's: above what adduser(8) hands out, below systemd's dynamic users. */
const ID = 60577;
const NAME = 'cofferdam-test';

/** Directories that are everywhere and matter nowhere; the tree may lie in one. */
const PLACE = ['/mnt', '/srv'].find((path) => !tree.startsWith(`${path}/`));

const OWN_NETWORK = which('ip') !== undefined;

const SCRIPT = `
set -eu
id=$1 name=$2 tree=$3 place=$4 network=$5
shift 5
mount -t tmpfs -o mode=755 tmpfs "$place"
for directory in tree home tmp run; do mkdir -m 700 "$place/$directory"; done
mount --rbind "$tree" "$place/tree"
add() {
  [ -e "$1" ] || return 0
  copy=$place/$(basename "$1")
  { cat "$1"; echo "$2"; } >"$copy"
  mount --bind "$copy" "$1"
}
add /etc/passwd "$name:x:$id:$id::$place/home:/bin/sh"
add /etc/subuid "$name:200000:65536"
add /etc/subgid "$name:200000:65536"
if [ -n "$network" ]; then
  ip link set lo up
  ip link add outside type veth peer name beyond
  ip address add 198.51.100.2/24 dev outside
  ip link set outside up
  ip link set beyond up
  ip route add default via 198.51.100.1 dev outside
fi
# udev(7) lets everybody open it; a machine without udev may not.
if [ -c /dev/net/tun ] && mknod -m 666 "$place/tun" c 10 200; then
  chmod 666 "$place/tun"
  mount --bind "$place/tun" /dev/net/tun
fi
chown "$id:$id" "$place/home" "$place/tmp" "$place/run"
cd "$place/tree"
exec setpriv --reuid "$id" --regid "$id" --clear-groups \\
  env HOME="$place/home" TMPDIR="$place/tmp" XDG_RUNTIME_DIR="$place/run" "$@"
`;

/** @param {string[]} command @returns {string[]} */
export const asPlainUser = (command) => [
  ...['unshare', '--mount', '--propagation', 'private', ...(OWN_NETWORK ? ['--net'] : []), 'sh', '-c', SCRIPT, 'sh'],
  ...[String(ID), NAME, tree, PLACE, OWN_NETWORK ? 'network' : ''],
  ...command,
];

// Root's way to run a command as a user who is not root: in a mount namespace of its own, where this user has an entry in
// passwd and subordinate ids, and where the tree can be read wherever it lies. It goes with its last process.
import { tree } from '../setup/tree.js';

/** Nobody's: above what adduser(8) hands out, below systemd's dynamic users. */
const ID = 60577;
const NAME = 'cofferdam-test';

/** Directories that are everywhere and matter nowhere; the tree may lie in one. */
const PLACE = ['/mnt', '/srv'].find((path) => !tree.startsWith(`${path}/`));

const SCRIPT = `
set -eu
id=$1 name=$2 tree=$3 place=$4
shift 4
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
chown "$id:$id" "$place/home" "$place/tmp" "$place/run"
cd "$place/tree"
exec setpriv --reuid "$id" --regid "$id" --clear-groups \\
  env HOME="$place/home" TMPDIR="$place/tmp" XDG_RUNTIME_DIR="$place/run" "$@"
`;

/** @param {string[]} command @returns {string[]} */
export const asPlainUser = (command) => [
  ...['unshare', '--mount', '--propagation', 'private', 'sh', '-c', SCRIPT, 'sh'],
  ...[String(ID), NAME, tree, PLACE],
  ...command,
];

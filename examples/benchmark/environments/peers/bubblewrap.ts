/** bubblewrap: no daemon, no state, no cgroups, and nothing that could be entered again. */
import type { Peer } from '../commands.ts';
import { CAPABILITIES, COMMAND, HOSTNAME } from '../specification.ts';

export const bubblewrap = (rootfs: string): Peer => ({
  name: 'bubblewrap',
  launch: () => [
    'bwrap',
    ...['--unshare-pid', '--unshare-uts', '--unshare-ipc', '--unshare-net', '--unshare-cgroup'],
    ...['--hostname', HOSTNAME, '--ro-bind', rootfs, '/', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/dev/shm'],
    ...['--new-session', '--die-with-parent', '--cap-drop', 'ALL'],
    ...CAPABILITIES.flatMap((name) => ['--cap-add', name]),
    ...COMMAND,
  ],
});

/** The launch suite: its sections, in the order in which they run. */
import { sectionSuite } from '../../laboratory/suite.ts';
import { alive } from './alive.ts';
import { apart } from './apart.ts';
import { atOnce } from './at-once.ts';
import { backToBack } from './back-to-back.ts';
import { blocking } from './blocking.ts';
import { breakdown } from './breakdown.ts';
import { LAUNCH_COMPARISONS } from './comparisons.ts';
import { heap } from './heap.ts';
import { launchPlots } from './plots.ts';
import { security } from './security.ts';
import { shell } from './shell.ts';

export const launch = sectionSuite({
  name: 'launch',
  title: 'Launches: from the call to the result',
  about: 'start-to-result latency and throughput of a container',
  // Heaps last but one: the big processes are started then, and containers alive before, so that neither sees the other.
  sections: [backToBack, apart, shell, atOnce, security, breakdown, alive, heap, blocking],
  comparisons: LAUNCH_COMPARISONS,
  plots: launchPlots,
  method: [
    'A launch runs `true` in a new container, isolated in pid, mount, uts, ipc, network and cgroup namespaces, limited in memory, processes and CPU, and ends with its result in the caller’s hands.',
    'cofferdam: `createContainer({ … }).run()`. Peers: `child_process.execFile()` of their own command line, with bundles and configurations made beforehand; “from a shell” they are started by a C program with posix_spawn(3), so that nothing of Node’s is in their figures, while Cofferdam is started from Node as ever.',
    'floor: a C program that does the same system calls as Cofferdam and times itself.',
    'cofferdam and floor mount an overlay on the root file system; crun, runc, LXC and podman get the directory itself, and bubblewrap makes no cgroups and no limits: all of that is less work.',
    '“apart” waits 60 ms before each launch, as somebody has it who starts a container now and then: back to back, waits for RCU grace periods hide behind each other. A sample of “at once” is a whole burst divided by its launches.',
  ],
});

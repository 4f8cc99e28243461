/** The command line: every command, with what parsing, help, the manual page and completions are made of. */
import { type Command, command } from '../../shared/command-line.ts';
import { CGROUP, INFO, LOGS, LS, MONITOR, TOP, WAIT } from './look.ts';
import { COPY, CREATE, DESTROY, SNAPSHOT } from './make.ts';
import { ATTACH, AUTOSTART, EXECUTE, FREEZE, START, STOP, UNFREEZE } from './run.ts';

/** LXC's, whose tools have 2 for something else: `stop` of what does not run. */
const usageStatus = 1;

const SUBCOMMANDS = [
  ...[CREATE, START, STOP, ATTACH, EXECUTE, COPY, LOGS, LS, INFO, WAIT],
  ...[FREEZE, UNFREEZE, SNAPSHOT, CGROUP, MONITOR, TOP, AUTOSTART, DESTROY],
] as unknown as readonly Command[];

export const CLONER: Command = command({
  name: 'cloner',
  summary: 'named containers and copy-on-write clones, as LXC has them',
  description: [
    'Containers are directories with a root file system and a configuration in the format of LXC. They run on when this ' +
      'program has ended. What lxc-X does, cloner X does, with the same options. Needs root.',
  ],
  options: {},
  usageStatus,
  subcommands: SUBCOMMANDS.map((each) => ({ ...each, usageStatus })),
  environment: [
    ['COFFERDAM_ROOT', 'directory of all state (in its run and lib), instead of /run/cofferdam and /var/lib/cofferdam'],
    ['COFFERDAM_CACHE', 'directory of root file systems that templates copy, instead of ./rootfs'],
    ['NO_COLOR', 'when not empty: no colours'],
  ],
  examples: [
    ['npm run cloner -- create -n base -t busybox', 'make a container'],
    ['npm run cloner -- copy -n base -e -B overlay', 'start an ephemeral copy of it'],
    ['npm run cloner -- ls --fancy', 'see what runs'],
  ],
});

/** What happens to a container, as events and as what `events()` gives. */
import type { PressureOptions } from '../cgroup/pressure.ts';
import type { Pressure } from '../cgroup/stats.ts';
import type { CgroupEvents } from '../cgroup/watches.ts';
import type { Converters } from '../io/event-stream.ts';
import type { ExitStatus } from '../launch/outcome.ts';

/** Where a container is in its life. A stopped one can be started again; a removed one cannot. */
export type ContainerState =
  | 'created'
  | 'starting'
  | 'running'
  | 'paused'
  /** Detached: it has ended, and its monitor is about to start it again. */
  | 'restarting'
  | 'stopped'
  | 'removed';

export interface ContainerEvents extends CgroupEvents {
  /** The first process runs its command. */
  start: [pid: number];
  /** The first process has ended, and with it the container's processes. */
  exit: [status: ExitStatus];
  pause: [];
  resume: [];
  remove: [];
}

/** What `events()` gives: a container's events as objects. */
export type ContainerEvent =
  | { type: 'start'; pid: number }
  | { type: 'exit'; status: ExitStatus }
  | { type: 'oom'; kills: number }
  | { type: 'frozen' | 'thawed' | 'empty' }
  /** Only where `events()` was asked for it. */
  | { type: 'pressure'; resource: PressureOptions['resource']; pressure: Pressure }
  | { type: 'pause' | 'resume' | 'remove' };

export const EVENTS: Converters<ContainerEvent> = {
  start: (pid: number) => ({ type: 'start', pid }),
  exit: (status: ExitStatus) => ({ type: 'exit', status }),
  oom: (kills: number) => ({ type: 'oom', kills }),
  frozen: () => ({ type: 'frozen' }),
  thawed: () => ({ type: 'thawed' }),
  empty: () => ({ type: 'empty' }),
  pause: () => ({ type: 'pause' }),
  resume: () => ({ type: 'resume' }),
  remove: () => ({ type: 'remove' }),
};

/** States by LXC's names. */
import type { ContainerState } from 'cofferdam';

export type StateName = 'STOPPED' | 'STARTING' | 'RUNNING' | 'FROZEN';

const NAMES: Readonly<Record<ContainerState, StateName>> = {
  created: 'STOPPED',
  starting: 'STARTING',
  running: 'RUNNING',
  paused: 'FROZEN',
  restarting: 'STARTING',
  stopped: 'STOPPED',
  removed: 'STOPPED',
};

/** What the library has no record of was never started. */
export const stateName = (state: ContainerState | undefined): StateName => NAMES[state ?? 'created'];

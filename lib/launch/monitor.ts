/** What a launch program tells the monitor of a detached container, see native/launcher/monitor.cpp. */
import { cgroupSystem } from '../cgroup/detect.ts';
import { DETACHED_PARENT } from '../cgroup/placement.ts';
import type { NormalizedDetached } from '../options/normalized.ts';
import type { LaunchNames } from '../program/names.ts';
import { type Operation, operation } from '../program/operation.ts';
import { logPath, placesOf } from '../state/places.ts';

const monitor = { actor: 'monitor' } as const;
const ZERO = new TextEncoder().encode('0');
/** Standard output and error. */
const LOGGED = 0b110;

/** Streams of the container that are pipes made for it, so that its user may open /dev/stdout. */
export const loggedStreams = ({ logs }: NormalizedDetached): number => (logs ? LOGGED : 0);

/**
 * The v2 cgroup that monitors are born in. Not below this program, which they outlive: on a hybrid host the root itself,
 * which has no controllers, on a pure one a leaf beside the containers, as cgroups(7)'s "no internal processes" wants it.
 */
export function monitorCgroup(): { path: string; depth: number } | undefined {
  const { mode, unified } = cgroupSystem();
  if (!unified) return undefined;
  if (mode === 'v2') return { path: `${unified.mountPoint}${DETACHED_PARENT}/monitors`, depth: 2 };
  return unified.own === unified.mountPoint ? undefined : { path: unified.mountPoint, depth: 1 };
}

/** Into the root of each v1 hierarchy in which this program is further down. */
const leaveCgroups = (): Operation[] =>
  cgroupSystem()
    .v1.filter(({ own, mountPoint }) => own !== mountPoint)
    .map(({ mountPoint }) =>
      operation('write', { path: `${mountPoint}/tasks`, data: ZERO }, { ...monitor, tolerate: 'any' }),
    );

/**
 * @param usage files that tell in the end what the container has used
 * @param ownPid the end of the first process is the end of all
 */
export function monitorOperations(
  { restart, logs, ephemeral, reboot }: NormalizedDetached,
  { id }: LaunchNames,
  { usage, ownPid }: { usage: readonly string[]; ownPid: boolean },
): Operation[] {
  const { directory, status } = placesOf(id);
  const settings = {
    directory,
    status,
    restart: restart.policy,
    most: restart.most,
    kill: ownPid ? 0 : 1,
    ephemeral: ephemeral ? 1 : 0,
    reboot: reboot ? 1 : 0,
  };
  const log = logs && { path: logPath(id, ephemeral), size: logs.size, files: logs.files, streams: LOGGED };
  return [
    operation('monitor', settings, monitor),
    ...(log ? [operation('log', log, monitor)] : []),
    ...usage.map((file) => operation('usage', { file }, monitor)),
    ...leaveCgroups(),
  ];
}

/** Directories that an ephemeral container takes with it: what the library keeps of it, and its user's. */
export function undoEphemeral(detached: NormalizedDetached | undefined, { id }: LaunchNames): Operation[] {
  if (!detached?.ephemeral) return [];
  const paths = [placesOf(id).home, ...detached.removes];
  return paths.map((path) => operation('removeTree', { path }, { actor: 'undo', tolerate: 'ENOENT' }));
}

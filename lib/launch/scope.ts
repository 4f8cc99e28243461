/**
 * Where systemd is in charge of cgroup v2, this program's containers are in a transient scope of their own, delegated to it:
 *
 *   system.slice/cofferdam-PID-RANDOM.scope      root's; a plain user's is in app.slice of its own systemd
 *     launcher/                                  launcher and janitor: a scope has to begin with processes, and ends with them
 *     ID-RANDOM/                                 a container
 *
 * One scope a program and not one a container: systemd takes milliseconds for each. The launcher is in it because who puts
 * a process into a cgroup must have the right to write to the one above both places (cgroups(7), "Delegation"), which a plain
 * user has nowhere else. With the last process systemd removes it, whatever became of this program.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { mountedCgroups, unifiedCgroupOf, useScope } from '../cgroup/detect.ts';
import { listed, writeFile } from '../cgroup/files.ts';
import type { NormalizedContainer } from '../options/normalized.ts';
import { randomName } from '../program/names.ts';
import { type ScopeMaker, scopeMaker, startTransientScope } from '../systemd/transient-scope.ts';
import { openLauncher } from './launcher.ts';

/** Null: nobody makes scopes here. */
let maker: ScopeMaker | null | undefined;
let scope: string | undefined;
let starting: Promise<void> | undefined;

/**
 * Before a launch: the scope is there. Undefined when nothing has to be waited for. Where systemd does not give one,
 * containers go where they do without it.
 */
export function readyScope({ detached, cgroupParent }: NormalizedContainer): Promise<void> | undefined {
  if (maker === null || detached || cgroupParent !== undefined) return undefined;
  maker ??= (mountedCgroups().mode === 'v2' && scopeMaker(process.geteuid?.() ?? 0)) || null;
  // Launcher and janitor may have died, and the scope with them.
  if (!maker || (scope !== undefined && existsSync(scope))) return undefined;
  starting ??= start(maker).finally(() => {
    starting = undefined;
  });
  return starting;
}

async function start(by: ScopeMaker): Promise<void> {
  useScope(undefined);
  try {
    const { launcherPid, janitorPid } = openLauncher();
    const name = `cofferdam-${process.pid}-${randomName()}.scope`;
    await startTransientScope(by, name, [launcherPid, janitorPid]);
    const path = unifiedCgroupOf(launcherPid);
    if (!path?.endsWith(`/${name}`)) throw new Error(`it started ${name}, but the launcher is in ${path}`);
    makeRoom(path);
    scope = path;
    useScope(path);
  } catch (error) {
    maker = null;
    useScope(undefined, (error as Error).message);
  }
}

/** "No internal processes": what is in the scope itself moves into a leaf, so that controllers can be handed down. */
function makeRoom(path: string): void {
  const leaf = `${path}/launcher`;
  mkdirSync(leaf);
  // A helper of the launcher's may be born meanwhile.
  for (let pids = listed(path); pids.length > 0; pids = listed(path))
    for (const pid of pids) writeFile(`${leaf}/cgroup.procs`, String(pid));
}

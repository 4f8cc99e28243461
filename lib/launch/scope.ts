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
import { mountedCgroups, unifiedCgroupOf, useScope, withScope } from '../cgroup/detect.ts';
import { listed, writeFile } from '../cgroup/files.ts';
import type { CgroupSystem, Hierarchy } from '../cgroup/system.ts';
import type { NormalizedContainer } from '../options/normalized.ts';
import { randomName } from '../program/names.ts';
import { type ScopeMaker, scopeMaker, startTransientScope } from '../systemd/transient-scope.ts';
import { openLauncher } from './launcher.ts';

/** Null: nobody makes scopes here. */
let maker: ScopeMaker | null | undefined;
let scope: string | undefined;
let starting: Promise<void> | undefined;
/** Of the next scope: known before it is asked for, so that `plan()` can tell. */
let name: string | undefined;

const nextName = (): string => {
  name ??= `cofferdam-${process.pid}-${randomName()}.scope`;
  return name;
};

const isPlaced = ({ detached, cgroupParent }: NormalizedContainer): boolean => !detached && cgroupParent === undefined;

function findMaker(): ScopeMaker | null {
  maker ??= (mountedCgroups().mode === 'v2' && scopeMaker(process.geteuid?.() ?? 0)) || null;
  return maker;
}

/** systemd's directory of the slice that scopes are in; of a user's as logind makes it, unless this program is in it. */
function directoryOf({ slice }: ScopeMaker, { mountPoint, own }: Hierarchy): string {
  const uid = process.geteuid?.() ?? 0;
  if (uid === 0) return `${mountPoint}/${slice}`;
  const within = own.indexOf(`/${slice}/`);
  return within < 0
    ? `${mountPoint}/user.slice/user-${uid}.slice/user@${uid}.service/${slice}`
    : own.slice(0, within + slice.length + 1);
}

/** For `plan()`: the hierarchies with the scope that a start would have, which need not be there yet. Nothing is asked for. */
export function plannedCgroups(container: NormalizedContainer): CgroupSystem {
  const system = mountedCgroups();
  const { unified } = system;
  const by = isPlaced(container) ? findMaker() : null;
  if (!by || !unified) return system;
  return withScope(system, scope ?? `${directoryOf(by, unified)}/${nextName()}`, unified.controllers);
}

/**
 * Before a launch: the scope is there. Undefined when nothing has to be waited for. Where systemd does not give one,
 * containers go where they do without it.
 */
export function readyScope(container: NormalizedContainer): Promise<void> | undefined {
  if (!isPlaced(container)) return undefined;
  const maker = findMaker();
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
    const asked = nextName();
    name = undefined;
    await startTransientScope(by, asked, [launcherPid, janitorPid]);
    const path = unifiedCgroupOf(launcherPid);
    if (!path?.endsWith(`/${asked}`)) throw new Error(`it started ${asked}, but the launcher is in ${path}`);
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

/** The leak audit: what the machine looked like before a test, and what is different after it. */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createContainer, probe } from 'cofferdam';
import t, { type Test } from 'tap';
import { busybox } from './rootfs.ts';

type Facts = Record<string, string[]>;

const list = (path: string): string[] => {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
};

/** Directories below a cgroup mount, three levels of them, that carry the library's name. */
function cgroups(): string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => / - cgroup2? /.test(line))
    .map((line) => line.split(' ')[4] as string);
  const found: string[] = [];
  const visit = (path: string, depth: number) => {
    for (const entry of list(path)) {
      const below = `${path}/${entry}`;
      if (depth === 0 || !statSync(below, { throwIfNoEntry: false })?.isDirectory()) continue;
      if (entry.includes('cofferdam')) found.push(below);
      visit(below, depth - 1);
    }
  };
  for (const mount of new Set(mounts)) visit(mount, 3);
  return found;
}

/** The undo journal has its name from its first record on. */
const JOURNAL_DRAFT = /(\/journals\/[^/]+)\.new$/;

/** What this program's descriptors point to, but for those that Node itself opens and closes as it likes. */
function descriptors(): string[] {
  return list('/proc/self/fd')
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`)
          .replace(/\[\d+\]/, '[]')
          .replace(JOURNAL_DRAFT, '$1');
      } catch {
        return '';
      }
    })
    .filter((target) => target !== '' && !target.startsWith('/proc/') && !/eventpoll|inotify/.test(target));
}

/** Children of this program: launcher and janitor, and whatever should have been reaped. */
function children(): string[] {
  return list('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
        return Number(parent) === process.pid ? [stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))] : [];
      } catch {
        return [];
      }
    });
}

const { COFFERDAM_ROOT, XDG_RUNTIME_DIR } = process.env;
const STATE = COFFERDAM_ROOT
  ? `${COFFERDAM_ROOT}/run`
  : process.geteuid?.() === 0
    ? '/run/cofferdam'
    : `${XDG_RUNTIME_DIR}/cofferdam`;

function facts(): Facts {
  return {
    mounts: readFileSync('/proc/self/mountinfo', 'utf8').split('\n'),
    cgroups: cgroups(),
    links: list('/sys/class/net'),
    descriptors: descriptors(),
    children: children(),
    stage: list(`${STATE}/stage`),
    networks: list(`${STATE}/networks`),
    kept: list(`${COFFERDAM_ROOT ? `${COFFERDAM_ROOT}/lib` : '/var/lib/cofferdam'}/networks`),
    ports: list(`${STATE}/ports`),
    ids: list(`${STATE}/ids`),
    process: [`umask ${process.umask().toString(8)}`, `cwd ${process.cwd()}`, `uid ${process.getuid?.()}`],
    host: ['/dev/null', '/dev/zero', '/dev/tty'].map((path) => {
      const { mode, uid, gid } = statSync(path);
      return `${path} ${mode.toString(8)} ${uid}:${gid}`;
    }),
  };
}

/** Others on this machine may end theirs during a test: of these kinds, less is no fault. */
const OTHERS = new Set(['cgroups', 'links', 'children']);

/** What `after` has more (+) or less (-) than `before`. */
function differences(before: Facts, after: Facts): string[] {
  return Object.keys(before).flatMap((key) => {
    const count = (values: string[] = []) => {
      const counts = new Map<string, number>();
      for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
      return counts;
    };
    const [old, now] = [count(before[key]), count(after[key])];
    return [...new Set([...old.keys(), ...now.keys()])]
      .filter((value) => (old.get(value) ?? 0) !== (now.get(value) ?? 0))
      .filter((value) => !OTHERS.has(key) || (now.get(value) ?? 0) > (old.get(value) ?? 0))
      .map((value) => `${key}: ${(now.get(value) ?? 0) > (old.get(value) ?? 0) ? '+' : '-'}${value}`);
  });
}

/** The kernel takes network namespaces down in its own time. */
const PATIENCE = 15_000;

export const isRoot = process.geteuid?.() === 0;

const unusable: string | false = probe().usable ? false : 'probe() says that this machine cannot run containers';

/** Why this machine cannot run containers at all, or false. */
export const cannotRun: string | false = isRoot ? unusable : 'needs root';

let warm = false;

function test(name: string, body: (t: Test) => Promise<void>, skip: string | false): void {
  t.test(name, { skip }, async (t) => {
    if (!warm) {
      // Launcher and janitor, and what Node opens once, are no leaks.
      await (await createContainer({ rootfs: busybox() })).run(['true']);
      warm = true;
    }
    const before = facts();
    await body(t);
    let found: string[] = [];
    for (const end = Date.now() + PATIENCE; ; await sleep(20)) {
      found = differences(before, facts());
      if (found.length === 0 || Date.now() > end) break;
    }
    t.strictSame(found, [], 'nothing is left behind');
  });
}

/** A test that ends with the audit. `reason`: skip it, and say why. */
export function audited(name: string, body: (t: Test) => Promise<void>, reason: string | false = false): void {
  test(name, body, cannotRun || reason);
}

/** One of a user who is not root. */
export function auditedRootless(name: string, body: (t: Test) => Promise<void>, reason: string | false = false): void {
  test(name, body, (isRoot && 'needs a user who is not root') || unusable || reason);
}

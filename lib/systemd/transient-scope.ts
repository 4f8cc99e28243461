/**
 * A transient scope: a cgroup in systemd's tree, made by systemd, in which processes that it did not start may do as they
 * like. In that tree nobody else may make cgroups: https://systemd.io/CGROUP_DELEGATION, "Two Key Design Rules".
 */
import { existsSync } from 'node:fs';
import { Connection } from './connection.ts';
import { type Call, MESSAGE, type Value } from './message.ts';

const SYSTEMD = 'org.freedesktop.systemd1';
const BUS = 'org.freedesktop.DBus';
/** TasksMax of a scope is 15 % of all otherwise, for all its containers together. */
const UNLIMITED = 2n ** 64n - 1n;
/** ms, for all of it. A bus starts what is asked for, and systemd may be at work. */
const PATIENCE = 5000;

/** Who makes scopes for this user. */
export interface ScopeMaker {
  /** Sockets, best first. systemd's own takes no bus; it is root's, or the user's whose systemd it is. */
  sockets: readonly { path: string; isBus: boolean }[];
  slice: string;
}

/** sd_booted(3). */
const BOOTED = '/run/systemd/system';

/** @returns undefined where systemd is not in charge */
export function scopeMaker(uid: number, env: NodeJS.ProcessEnv = process.env): ScopeMaker | undefined {
  if (uid === 0) {
    if (!existsSync(BOOTED)) return undefined;
    const sockets = [
      { path: '/run/systemd/private', isBus: false },
      { path: '/run/dbus/system_bus_socket', isBus: true },
    ];
    return { sockets: sockets.filter(({ path }) => existsSync(path)), slice: 'system.slice' };
  }
  const runtime = env.XDG_RUNTIME_DIR ?? `/run/user/${uid}`;
  const sockets = [
    { path: `${runtime}/systemd/private`, isBus: false },
    { path: `${runtime}/bus`, isBus: true },
  ].filter(({ path }) => existsSync(path));
  return sockets.length > 0 ? { sockets, slice: 'app.slice' } : undefined;
}

const manager = (member: string, body: readonly Value[] = []): Call => ({
  destination: SYSTEMD,
  path: '/org/freedesktop/systemd1',
  interface: `${SYSTEMD}.Manager`,
  member,
  body,
});

const bus = (member: string, body: readonly Value[] = []): Call => ({
  destination: BUS,
  path: '/org/freedesktop/DBus',
  interface: BUS,
  member,
  body,
});

/** What org.freedesktop.systemd1(5) says of StartTransientUnit(). */
export const startScope = (name: string, slice: string, pids: readonly number[]): Call =>
  manager('StartTransientUnit', [
    { type: 's', value: name },
    { type: 's', value: 'fail' },
    {
      type: 'a(sv)',
      value: [
        ['Description', { type: 's', value: 'containers of a program that uses cofferdam' }],
        ['Slice', { type: 's', value: slice }],
        ['PIDs', { type: 'au', value: pids }],
        ['Delegate', { type: 'b', value: true }],
        ['TasksMax', { type: 't', value: UNLIMITED }],
        ['CollectMode', { type: 's', value: 'inactive-or-failed' }],
      ],
    },
    { type: 'a(sa(sv))', value: [] },
  ]);

async function startOver({ path, isBus }: { path: string; isBus: boolean }, start: Call): Promise<void> {
  const connection = await Connection.open(path, AbortSignal.timeout(PATIENCE));
  try {
    if (isBus) {
      await connection.call(bus('Hello'));
      await connection.call(bus('AddMatch', [{ type: 's', value: `type='signal',member='JobRemoved'` }]));
      // A bus hears of jobs only as long as somebody wants to.
      await connection.call(manager('Subscribe'));
    }
    const [job] = await connection.call(start);
    const done = await connection.take(
      ({ type, member, body }) => type === MESSAGE.SIGNAL && member === 'JobRemoved' && body[1] === job,
    );
    const [, , unit, result] = done.body;
    if (result !== 'done') throw new Error(`starting ${unit}: ${result}`);
  } finally {
    connection.close();
  }
}

/**
 * Have systemd make a scope with these processes in it. It stays as long as it has processes.
 * @throws {AggregateError} what each socket said
 */
export async function startTransientScope(maker: ScopeMaker, name: string, pids: readonly number[]): Promise<void> {
  const errors: Error[] = [];
  for (const socket of maker.sockets)
    try {
      return await startOver(socket, startScope(name, maker.slice, pids));
    } catch (error) {
      errors.push(new Error(`${socket.path}: ${(error as Error).message}`, { cause: error }));
    }
  throw new AggregateError(errors, errors.map(({ message }) => message).join('; ') || 'it has no socket');
}

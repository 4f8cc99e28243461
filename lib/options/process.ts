/** What `start()`, `run()` and `exec()` take. */
import { constants } from 'node:buffer';
import { types } from 'node:util';
import type { PressureOptions } from '../cgroup/pressure.ts';
import { DEFAULT_PROFILE } from '../security/seccomp/profile.ts';
import { capabilities } from './capabilities.ts';
import {
  abortSignal,
  absolutePath,
  bare,
  boolean,
  type Check,
  type Checked,
  fields,
  integer,
  invalidType,
  invalidValue,
  list,
  matching,
  member,
  nonEmpty,
  oneOf,
  string,
} from './check.ts';
import { DEFAULTS } from './defaults.ts';
import { env, environment } from './environment.ts';
import { Interned, ownMember } from './interned.ts';
import { landlock } from './landlock.ts';
import type {
  NormalizedProcess,
  NormalizedRun,
  NormalizedStart,
  ProcessDefaults,
  RunSettings,
  StartSettings,
  TerminalSize,
} from './normalized.ts';
import { rlimits } from './rlimits.ts';
import { seccomp } from './seccomp.ts';
import type { RunOptions, StdioOption } from './types.ts';
import { ROOT, user } from './user.ts';

/** A label of a security module: one line, as its file in procfs takes it. */
const label = matching(/^[\x21-\x7e][\x20-\x7e]*$/, 4000, 'must be one line of ASCII');

/** Options that a container's processes inherit from it. */
export const PROCESS_FIELDS = {
  env,
  cwd: absolutePath,
  user,
  umask: integer({ least: 0, most: 0o777 }),
  rlimits,
  capabilities,
  noNewPrivileges: boolean,
  seccomp,
  oomScoreAdj: integer({ least: -1000, most: 1000 }),
  landlock,
  apparmor: label,
  selinux: label,
} as const;

const size = fields({
  rows: integer({ least: 1, most: 65535 }),
  columns: integer({ least: 1, most: 65535 }),
});

const tty: Check<TerminalSize | undefined> = (value, option) => {
  if (value === false) return undefined;
  const { rows, columns } = DEFAULTS.process;
  if (value === true) return bare({ rows, columns });
  if (typeof value !== 'object') throw invalidType(option, 'true, false or { rows, columns }', value);
  const given = size(value, option);
  return bare({ rows: given.rows ?? rows, columns: given.columns ?? columns });
};

const STDIO = ['pipe', 'ignore', 'inherit'];
const MOST_DESCRIPTOR = 2 ** 31 - 1;

const stream: Check<StdioOption> = (value, option) => {
  if (typeof value === 'number') return integer({ least: 0, most: MOST_DESCRIPTOR })(value, option);
  if (typeof value !== 'string') throw invalidType(option, "'pipe', 'ignore', 'inherit' or a descriptor", value);
  if (!STDIO.includes(value)) throw invalidValue(option, "must be 'pipe', 'ignore', 'inherit' or a descriptor", value);
  return value as StdioOption;
};

type Stdio = NormalizedStart['stdio'];

const stdio: Check<Stdio> = (value, option) => {
  if (Array.isArray(value)) return list(stream, 3, 3)(value, option) as Stdio;
  const one = stream(value, option);
  return Object.freeze([one, one, one] as const);
};

const input: Check<NonNullable<RunOptions['input']>> = (value, option) => {
  const readable = typeof value === 'object' && value !== null && 'pipe' in value && typeof value.pipe === 'function';
  if (typeof value !== 'string' && !types.isUint8Array(value) && !readable)
    throw invalidType(option, 'a string, a Uint8Array or a Readable', value);
  return value as NonNullable<RunOptions['input']>;
};

const encoding: Check<BufferEncoding | 'buffer'> = (value, option) => {
  const name = string(value, option);
  if (name !== 'buffer' && !Buffer.isEncoding(name))
    throw invalidValue(option, "must be an encoding of Node's or 'buffer'", value);
  return name as BufferEncoding | 'buffer';
};

/** Node's timers take 31 bits. */
const MOST_TIMEOUT = 2 ** 31 - 1;

/** The size of a terminal's window, of `resize()`. @throws {TypeError|RangeError} naming the option */
export function normalizeWindow(value: unknown): TerminalSize {
  const { rows, columns } = size(value, 'size');
  if (rows === undefined || columns === undefined) throw invalidType('size', '{ rows, columns }', value);
  return { rows, columns };
}

/** A name or a number; which there are is known where it is sent. */
const stopSignal: Check<NodeJS.Signals | number> = (value, option) => {
  if (typeof value !== 'string' && typeof value !== 'number') throw invalidType(option, 'a signal', value);
  return value as NodeJS.Signals | number;
};

const COMMON = { ...PROCESS_FIELDS, tty, signal: abortSignal };
const startFields = fields({ ...COMMON, stdio });
const runFields = fields({
  ...PROCESS_FIELDS,
  signal: abortSignal,
  input,
  timeout: integer({ least: 0, most: MOST_TIMEOUT, unit: 'milliseconds' }),
  maxBuffer: integer({ least: 1, most: constants.MAX_LENGTH, unit: 'bytes' }),
  encoding,
});

/** A command and its arguments: at least one, and no shell that would split a string. */
const argv: Check<readonly string[]> = (value, option) => {
  if (!Array.isArray(value))
    throw invalidType(option, 'an array of strings', value, "['sh', '-c', command] runs a shell's command line");
  const words = list(string, 1)(value, option);
  nonEmpty(words[0], `${option}[0]`);
  return words;
};

/** What a container says about its processes, or the library's own defaults. */
export function processDefaults(given: Partial<Checked<typeof PROCESS_FIELDS>>): ProcessDefaults {
  const { cwd, umask, noNewPrivileges, oomScoreAdj } = DEFAULTS.process;
  return bare({
    env: given.env ?? bare({}),
    cwd: given.cwd ?? cwd,
    user: given.user ?? ROOT,
    umask: given.umask ?? umask,
    rlimits: given.rlimits ?? Object.freeze([]),
    capabilities: given.capabilities ?? capabilities('default', 'capabilities'),
    noNewPrivileges: given.noNewPrivileges ?? noNewPrivileges,
    seccomp: given.seccomp ?? DEFAULT_PROFILE,
    oomScoreAdj: given.oomScoreAdj ?? oomScoreAdj,
    landlock: given.landlock,
    apparmor: given.apparmor,
    selinux: given.selinux,
  });
}

/** A process's own limits in place of the container's, resource by resource. */
function mergeRlimits(
  own: ProcessDefaults['rlimits'] | undefined,
  inherited: ProcessDefaults['rlimits'],
): ProcessDefaults['rlimits'] {
  if (!own) return inherited;
  const mine = new Set(own.map(({ resource }) => resource));
  return Object.freeze([...inherited.filter(({ resource }) => !mine.has(resource)), ...own]);
}

/** Without no_new_privs it would have to come before the user is looked up, in files that it may forbid. */
function withPrivileges(
  given: Pick<Checked<typeof PROCESS_FIELDS>, 'landlock' | 'noNewPrivileges'>,
  defaults: ProcessDefaults,
): ProcessDefaults['landlock'] {
  const rules = given.landlock ?? defaults.landlock;
  if (rules && !(given.noNewPrivileges ?? defaults.noNewPrivileges))
    throw invalidValue('landlock', 'needs noNewPrivileges', rules, 'leave out noNewPrivileges: false');
  return rules;
}

function merge(given: Checked<Omit<typeof COMMON, 'signal'>>, defaults: ProcessDefaults): NormalizedProcess {
  const { tty: terminal } = given;
  return bare({
    ...environment({ ...defaults.env, ...given.env }, terminal !== undefined),
    cwd: given.cwd ?? defaults.cwd,
    user: given.user ?? defaults.user,
    umask: given.umask ?? defaults.umask,
    rlimits: mergeRlimits(given.rlimits, defaults.rlimits),
    capabilities: given.capabilities ?? defaults.capabilities,
    noNewPrivileges: given.noNewPrivileges ?? defaults.noNewPrivileges,
    seccomp: given.seccomp ?? defaults.seccomp,
    oomScoreAdj: given.oomScoreAdj ?? defaults.oomScoreAdj,
    landlock: withPrivileges(given, defaults),
    apparmor: given.apparmor ?? defaults.apparmor,
    selinux: given.selinux ?? defaults.selinux,
    tty: terminal,
  });
}

function startSettings(options: unknown, defaults: ProcessDefaults): StartSettings {
  const given = startFields(options, '');
  return Object.freeze({ process: merge(given, defaults), stdio: given.stdio ?? (['pipe', 'pipe', 'pipe'] as const) });
}

function runSettings(options: unknown, defaults: ProcessDefaults): RunSettings {
  const given = runFields(options, '');
  const { timeout, maxBuffer, encoding: defaultEncoding } = DEFAULTS.run;
  return Object.freeze({
    // A terminal's output is not collected: start() and spawn() have it as a stream.
    process: merge({ ...given, tty: undefined }, defaults),
    timeout: given.timeout ?? timeout,
    maxBuffer: given.maxBuffer ?? maxBuffer,
    encoding: given.encoding ?? defaultEncoding,
  });
}

/** What settings came to, for each set of defaults. */
class Settings<Value> {
  readonly #known = new WeakMap<ProcessDefaults, Interned<Value>>();
  readonly #make: (options: unknown, defaults: ProcessDefaults) => Value;
  readonly #apart: readonly string[];

  constructor(make: (options: unknown, defaults: ProcessDefaults) => Value, apart: readonly string[]) {
    this.#make = make;
    this.#apart = apart;
  }

  of(options: unknown, defaults: ProcessDefaults): Value {
    let known = this.#known.get(defaults);
    if (!known) {
      known = new Interned<Value>(this.#apart);
      this.#known.set(defaults, known);
    }
    return known.of(options, () => this.#make(options, defaults));
  }
}

const starts = new Settings(startSettings, ['signal']);
const runs = new Settings(runSettings, ['signal', 'input']);

function signalOf(options: unknown): AbortSignal | undefined {
  const signal = ownMember(options, 'signal');
  return signal === undefined ? undefined : abortSignal(signal, 'signal');
}

/**
 * The process of `start()` and `spawn()`.
 * @throws {TypeError|RangeError} naming the option
 */
export function normalizeStartOptions(command: unknown, options: unknown, defaults: ProcessDefaults): NormalizedStart {
  const { process, stdio } = starts.of(options ?? {}, defaults);
  return { argv: argv(command, 'command'), process, stdio, signal: signalOf(options) };
}

/**
 * The process of `run()` and `exec()`.
 * @throws {TypeError|RangeError} naming the option
 */
export function normalizeRunOptions(command: unknown, options: unknown, defaults: ProcessDefaults): NormalizedRun {
  const { process, timeout, maxBuffer, encoding } = runs.of(options ?? {}, defaults);
  const given = ownMember(options, 'input');
  return {
    argv: argv(command, 'command'),
    process,
    input: given === undefined ? undefined : input(given, 'input'),
    timeout,
    maxBuffer,
    encoding,
    signal: signalOf(options),
  };
}

const statsFields = fields({
  interval: integer({ least: 1, most: MOST_TIMEOUT, unit: 'milliseconds' }),
  signal: abortSignal,
});

/** What `stats()` takes. @throws {TypeError|RangeError} naming the option */
export function normalizeStatsOptions(options: unknown): { interval: number; signal: AbortSignal | undefined } {
  const { interval = DEFAULTS.stats.interval, signal } = statsFields(options ?? {}, '');
  return { interval, signal };
}

const ipsFields = fields({
  timeout: integer({ least: 0, most: MOST_TIMEOUT, unit: 'milliseconds' }),
  signal: abortSignal,
});

/** What `ips()` takes. @throws {TypeError|RangeError} naming the option */
export function normalizeIpsOptions(options: unknown): { timeout: number; signal: AbortSignal | undefined } {
  const { timeout = 0, signal } = ipsFields(options ?? {}, '');
  return { timeout, signal };
}

const pressureFields = fields({
  resource: oneOf(['cpu', 'memory', 'io']),
  kind: oneOf(['some', 'full']),
  level: oneOf(['low', 'medium', 'critical']),
  stall: integer({ least: 1, most: 10_000, unit: 'milliseconds' }),
  // The kernel's WINDOW_MIN_US and WINDOW_MAX_US.
  window: integer({ least: 500, most: 10_000, unit: 'milliseconds' }),
  signal: abortSignal,
});

/** What `pressure()` takes. @throws {TypeError|RangeError} naming the option */
export function normalizePressureOptions(options: unknown, option = ''): PressureOptions {
  const { window, ...standard } = DEFAULTS.pressure;
  const given = pressureFields(options ?? {}, option);
  const at = (key: string) => member(option, key);
  const { level } = given;
  const other = given.kind ?? given.stall ?? given.window;
  if (level !== undefined && other !== undefined)
    throw invalidValue(at('level'), 'is a threshold of its own: leave out kind, stall and window', level);
  if (level !== undefined && given.resource !== undefined && given.resource !== 'memory')
    throw invalidValue(at('level'), 'is of memory; others have kind, stall and window', level);
  const stall = given.stall ?? standard.stall;
  const within = given.window ?? window;
  if (stall > within) throw invalidValue(at('stall'), `must be at most the window, ${within}`, stall);
  return {
    resource: given.resource ?? standard.resource,
    kind: given.kind ?? standard.kind,
    level,
    stall,
    window: within,
    signal: given.signal,
  };
}

const eventsFields = fields({
  signal: abortSignal,
  pressure: (value: unknown, option: string) => normalizePressureOptions(value, option),
});

/** What `events()` takes. @throws {TypeError|RangeError} naming the option */
export function normalizeEventsOptions(options: unknown): {
  signal: AbortSignal | undefined;
  pressure: PressureOptions | undefined;
} {
  const { signal, pressure } = eventsFields(options ?? {}, '');
  return { signal, pressure };
}

const stopFields = fields({
  timeout: integer({ least: 0, most: MOST_TIMEOUT, unit: 'milliseconds' }),
  signal: stopSignal,
});

/** What `stop()` takes. @throws {TypeError|RangeError} naming the option */
export function normalizeStopOptions(options: unknown): { timeout: number; signal: NodeJS.Signals | number } {
  const { timeout, signal } = stopFields(options ?? {}, '');
  return { timeout: timeout ?? DEFAULTS.stop.timeout, signal: signal ?? DEFAULTS.stop.signal };
}

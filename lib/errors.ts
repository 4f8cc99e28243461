/**
 * Every error of this library: one table of codes, and four classes that share one shape. docs/errors.md is generated
 * from the table.
 *
 * Node's own habits hold: `code` is stable and is what a program compares, messages may improve in any release, a
 * wrong type is a TypeError, a value out of range a RangeError, and a failed system call has `errno` (negative),
 * `syscall`, `path` and `dest`.
 */
import { getSystemErrorMap } from 'node:util';

interface ErrorRow {
  /** One sentence with {placeholders} for the details. */
  message: string;
  /** What the reader can do. */
  remedy: string;
  /** The built-in class whose habits the error shares: bad types and ranges are what Node's own options throw. */
  base?: 'TypeError' | 'RangeError';
}

export const ERROR_CODES = {
  ERR_INVALID_OPTION_TYPE: {
    message: "option '{option}' must be {expected}, got {actual}",
    remedy: '{hint}',
    base: 'TypeError',
  },
  ERR_INVALID_OPTION_VALUE: {
    message: "option '{option}' {problem}, got {actual}",
    remedy: '{hint}',
    base: 'RangeError',
  },
  ERR_UNKNOWN_OPTION: { message: "unknown option '{option}'", remedy: '{hint}', base: 'TypeError' },
  ERR_ROOTFS: { message: "rootfs '{path}' {problem}", remedy: '{hint}' },
  ERR_COMMAND_NOT_FOUND: { message: "command '{file}' not found in the container", remedy: '{hint}' },
  ERR_COMMAND_NOT_EXECUTABLE: {
    message: "command '{file}' cannot be executed: {reason}",
    remedy: 'check its mode, its interpreter (#! line or ELF loader) and its architecture',
  },
  ERR_NO_SUCH_USER: {
    message: "no such user or group '{name}' in the container",
    remedy: 'use a number, or a name that its /etc/passwd or /etc/group has',
  },
  ERR_CWD: {
    message: "working directory '{path}' cannot be used: {reason}",
    remedy: 'give an absolute path of a directory in the container',
  },
  ERR_PROGRAM: { message: 'the launch program {problem}', remedy: '{hint}' },
  ERR_LAUNCH_KILLED: {
    message: 'the container was killed by {signal} while being started, at: {step}',
    remedy: '{hint}',
  },
  ERR_CONTAINER_STATE: {
    message: "cannot {action} container '{id}': it is {state}",
    remedy: 'needs to be {needed}',
  },
  ERR_ID_IN_USE: {
    message: "container id '{id}' is in use",
    remedy: 'remove that container or choose another id',
  },
  ERR_NO_SUCH_CONTAINER: {
    message: "no container is called '{id}'",
    remedy: 'cofferdam ls lists them; COFFERDAM_ROOT and the user say where they are looked for',
  },
  ERR_NAME_IN_USE: {
    message: "a container called '{id}' exists already",
    remedy: 'open it by Container.open(), remove it, or choose another name',
  },
  ERR_CONTAINER_BUSY: {
    message: "container '{id}' is being started, stopped or removed by another program",
    remedy: 'try again when that is done',
  },
  ERR_TIMEOUT: {
    message: "container '{id}' was not {wanted} within {timeout} ms",
    remedy: 'give it longer, or look at its log',
  },
  ERR_NO_SUCH_SNAPSHOT: {
    message: "container '{id}' has no snapshot '{snapshot}'",
    remedy: 'there are: {there}',
  },
  ERR_MONITOR: {
    message: "the monitor of container '{id}' {problem}",
    remedy: '{hint}',
  },
  ERR_STATE: { message: "the state file '{path}' {problem}", remedy: '{hint}' },
  ERR_OUTPUT_EXCEEDED: {
    message: 'the process wrote more than {limit} bytes to {stream}',
    remedy: 'raise maxBuffer, or use start() and read the stream',
  },
  ERR_NATIVE_MISSING: {
    message: 'no native addon for {platform}-{arch} in {root}',
    remedy:
      'build it: npm rebuild cofferdam --build-from-source, or npx node-gyp rebuild in that directory ' +
      '(needs a C++20 compiler and Linux)',
  },
  ERR_PLATFORM: {
    message: 'cofferdam needs Linux, this is {platform}',
    remedy: 'run it on a Linux machine or in a Linux VM',
  },
  ERR_PERMISSION: { message: '{what} needs {needed}', remedy: '{hint}' },
  ERR_UNSUPPORTED: { message: '{feature} is not available: {reason}', remedy: '{hint}' },
  ERR_CGROUP_CONTROLLER: {
    message: "cgroup controller '{controller}' is not available, needed by {option}",
    remedy: '{hint}',
  },
  ERR_CALL_GONE: {
    message: 'the system call of process {pid} does not wait any more',
    remedy: 'the process was killed; what a handler answers now counts for nothing',
  },
  ERR_CALL_TIMEOUT: {
    message: "the handler of system call '{name}' took longer than {milliseconds} ms",
    remedy: 'it was answered with EPERM; raise seccomp.notifyTimeout',
  },
  ERR_LINK_UNKNOWN: {
    message: "this machine has no network interface '{name}'",
    remedy: "listLinks() lists those there are; one that was moved into a container is that one's",
  },
  ERR_NETWORK_UNKNOWN: {
    message: "there is no network '{name}'",
    remedy: 'make it with createNetwork(); listNetworks() says which there are',
  },
  ERR_NETWORK_EXISTS: {
    message: "network '{name}' cannot be made: {reason}",
    remedy: 'choose another name, or remove what is there',
  },
  ERR_NETWORK_IN_USE: {
    message: "network '{name}' is in use by {users}",
    remedy: 'remove these containers first',
  },
  ERR_SUBNET_OVERLAP: {
    message: 'subnet {subnet} overlaps {other}',
    remedy: '{hint}',
  },
  ERR_ADDRESS_POOL_EXHAUSTED: {
    message: "network '{name}' has no address left: all {count} of {subnet} are leased",
    remedy: 'remove containers, or make a network with a larger subnet',
  },
  ERR_ADDRESS_IN_USE: {
    message: "address {address} of network '{name}' is in use by {holder}",
    remedy: 'choose another one, or leave the address out to have one leased',
  },
  ERR_PORT_IN_USE: {
    message: 'port {port}/{protocol} of {address} is in use by {holder}',
    remedy: 'publish another port, or 0 for one that is free',
  },
  ERR_NFT_MISSING: {
    message: 'the program nft is missing, which networks and published ports need',
    remedy: 'install it: apt-get install nftables, or the package nftables of your distribution',
  },
  ERR_FIREWALL: {
    message: 'the program nft failed ({code}): {messages}',
    remedy: 'the kernel needs nf_tables with NAT, and this program CAP_NET_ADMIN',
  },
  ERR_HOOK: {
    message: "hook '{path}' failed ({code}): {messages}",
    remedy: 'it is a program of the host, and has to end with status 0',
  },
  ERR_USER_NETWORK: {
    message: 'the program {program} could not give the container a network ({code}): {messages}',
    remedy: 'it needs a route of the host to the outside, /dev/net/tun, and user namespaces; see docs/rootless.md',
  },
  ERR_LAUNCHER_LOST: {
    message: 'the launcher process ended while starting a container',
    remedy: 'start it again; a new launcher is started by itself',
  },
  ERR_CLEANUP: {
    message: "could not clean up after container '{id}': {errno}, {step}",
    remedy: 'cofferdam gc tries again',
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERROR_CODES;

type Table = typeof ERROR_CODES;
/** Codes whose errors are of a built-in class. */
export type TypeErrorCode = { [C in ErrorCode]: Table[C] extends { base: 'TypeError' } ? C : never }[ErrorCode];
export type RangeErrorCode = { [C in ErrorCode]: Table[C] extends { base: 'RangeError' } ? C : never }[ErrorCode];
/** Codes of plain `CofferdamError`s. */
export type PlainErrorCode = Exclude<ErrorCode, TypeErrorCode | RangeErrorCode>;

type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/** What a row's message names must be given; whatever else is given is kept on the error too. */
export type ErrorDetails<C extends ErrorCode> = Readonly<
  Record<Placeholders<Table[C]['message']>, unknown> & Record<string, unknown>
>;

/** What each error of this library has. */
export interface ErrorFields {
  /** Stable: an `ErrorCode`, or an errno's name such as 'EINVAL'. */
  readonly code: string;
  /** What to do about it, or ''. Part of the message too. */
  readonly remedy: string;
  /** What the message names, by the placeholders of the table. */
  readonly details: Readonly<Record<string, unknown>>;
  /** Where a system call failed: its errno, negative as in Node's own errors. */
  readonly errno?: number;
  readonly syscall?: string;
  readonly path?: string;
  readonly dest?: string;
  /** The operation of the launch program that failed, as `plan()` prints it. */
  readonly step?: string;
}

const fill = (template: string, details: Readonly<Record<string, unknown>>): string =>
  template.replace(/\{(\w+)\}/g, (_, key: string) => String(details[key] ?? ''));

const sentence = (message: string, remedy: string): string => (remedy ? `${message} (${remedy})` : message);

function textOf(code: ErrorCode, details: Readonly<Record<string, unknown>>): { message: string; remedy: string } {
  const row: ErrorRow = ERROR_CODES[code];
  const remedy = fill(row.remedy, details);
  return { message: sentence(fill(row.message, details), remedy), remedy };
}

/** By this mark `instanceof CofferdamError` knows all four classes, also those of another copy of this package. */
const brand = Symbol.for('cofferdam.error');

const SYSTEM_FIELDS = ['errno', 'syscall', 'path', 'dest', 'step'] as const;

function dress(error: Error, code: string, remedy: string, details: Readonly<Record<string, unknown>>): void {
  // Only what Node's own errors show is enumerable: the message says the rest already.
  Object.defineProperty(error, brand, { value: true });
  Object.defineProperty(error, 'remedy', { value: remedy });
  Object.defineProperty(error, 'details', { value: Object.freeze({ ...details }) });
  Object.defineProperty(error, 'code', { value: code, enumerable: true });
  for (const key of SYSTEM_FIELDS)
    if (details[key] !== undefined) Object.defineProperty(error, key, { value: details[key], enumerable: true });
}

/** Any error of this library: `instanceof` holds for the three classes below as well. */
export class CofferdamError extends Error implements ErrorFields {
  declare readonly code: ErrorCode | (string & {});
  declare readonly remedy: string;
  declare readonly details: Readonly<Record<string, unknown>>;
  declare readonly errno?: number;
  declare readonly syscall?: string;
  declare readonly path?: string;
  declare readonly dest?: string;
  declare readonly step?: string;

  constructor(code: PlainErrorCode, details: Readonly<Record<string, unknown>>, options?: ErrorOptions) {
    const { message, remedy } = textOf(code, details);
    super(message, options);
    dress(this, code, remedy, details);
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a subclass of somebody's inherits this, and must match its own only
    if (this !== CofferdamError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && brand in value;
  }
}

/** An option of the wrong type, or one that does not exist. */
export class CofferdamTypeError extends TypeError implements ErrorFields {
  declare readonly code: TypeErrorCode;
  declare readonly remedy: string;
  declare readonly details: Readonly<Record<string, unknown>>;

  constructor(code: TypeErrorCode, details: Readonly<Record<string, unknown>>, options?: ErrorOptions) {
    const { message, remedy } = textOf(code, details);
    super(message, options);
    dress(this, code, remedy, details);
  }
}

/** An option of the right type whose value cannot be. */
export class CofferdamRangeError extends RangeError implements ErrorFields {
  declare readonly code: RangeErrorCode;
  declare readonly remedy: string;
  declare readonly details: Readonly<Record<string, unknown>>;

  constructor(code: RangeErrorCode, details: Readonly<Record<string, unknown>>, options?: ErrorOptions) {
    const { message, remedy } = textOf(code, details);
    super(message, options);
    dress(this, code, remedy, details);
  }
}

/** What a failed system call leaves. */
export interface SystemErrorFields {
  /** errno(3), either sign. */
  errno: number;
  /** What was being done, for people: `mount 'overlay' -> '/'`. */
  step: string;
  syscall: string;
  path?: string | undefined;
  dest?: string | undefined;
  remedy?: string | undefined;
}

/**
 * A system call that failed, shaped like Node's own system errors: `code` is the errno's name, and the message is
 * `EINVAL: invalid argument, mount 'overlay' -> '/'`.
 */
export class CofferdamSystemError extends Error implements ErrorFields {
  declare readonly code: string;
  declare readonly remedy: string;
  declare readonly details: Readonly<Record<string, unknown>>;
  declare readonly errno: number;
  declare readonly syscall: string;
  declare readonly path?: string;
  declare readonly dest?: string;
  declare readonly step: string;

  constructor(fields: SystemErrorFields, options?: ErrorOptions) {
    const errno = -Math.abs(fields.errno);
    const { code, text } = describeErrno(errno);
    const remedy = fields.remedy ?? '';
    super(sentence(`${code}: ${text}, ${fields.step}`, remedy), options);
    const { syscall, path, dest, step } = fields;
    dress(this, code, remedy, { errno, syscall, path, dest, step });
  }
}

/** The error that a code's row asks for. */
export function createError<C extends ErrorCode>(
  code: C,
  details: ErrorDetails<C>,
  options?: ErrorOptions,
): C extends TypeErrorCode ? CofferdamTypeError : C extends RangeErrorCode ? CofferdamRangeError : CofferdamError;
export function createError(
  code: ErrorCode,
  details: Readonly<Record<string, unknown>>,
  options?: ErrorOptions,
): Error {
  const row: ErrorRow = ERROR_CODES[code];
  if (row.base === 'TypeError') return new CofferdamTypeError(code as TypeErrorCode, details, options);
  if (row.base === 'RangeError') return new CofferdamRangeError(code as RangeErrorCode, details, options);
  return new CofferdamError(code as PlainErrorCode, details, options);
}

/** errnos that containers meet and libuv has no name for, or a name that misleads away from sockets. */
const MORE_ERRNOS: Readonly<Record<number, readonly [code: string, text: string]>> = {
  8: ['ENOEXEC', 'exec format error'],
  10: ['ECHILD', 'no child processes'],
  35: ['EDEADLK', 'resource deadlock avoided'],
  61: ['ENODATA', 'no data available'],
  62: ['ETIME', 'timer expired'],
  74: ['EBADMSG', 'bad message'],
  80: ['ELIBBAD', 'accessing a corrupted shared library'],
  95: ['ENOTSUP', 'operation not supported'],
  116: ['ESTALE', 'stale file handle'],
  122: ['EDQUOT', 'disk quota exceeded'],
  126: ['ENOKEY', 'required key not available'],
};

/** The name and the text of an errno of either sign, as Node words them. */
export function describeErrno(errno: number): { code: string; text: string } {
  const number = Math.abs(errno);
  const [code, text] = MORE_ERRNOS[number] ?? getSystemErrorMap().get(-number) ?? [`E${number}`, 'unknown error'];
  return { code, text };
}

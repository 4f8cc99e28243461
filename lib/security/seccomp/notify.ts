/**
 * System calls as functions of JavaScript: seccomp_unotify(2). A filter stops the call, the process waits, and the handler
 * says what it returns. The listener's descriptor comes from the launch, before the exec.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { constants } from 'node:os';
import { createError } from '../../errors.ts';
import { native } from '../../native.ts';
import { ARCHITECTURE_NAMES, SYSCALLS } from './syscalls.ts';
import type { NotifyAnswer, NotifyHandlers, NotifySettings, SystemCall } from './types.ts';

/** AUDIT_ARCH_* of linux/audit.h, in the order of the table. */
const AUDIT: readonly number[] = [0xc000003e, 0x40000003, 0xc00000b7, 0x40000028];
const PAGE = 4096;
/** PATH_MAX. */
const LONGEST_STRING = 4096;
const LARGEST = 1 << 20;

/** Names of the calls that have handlers, by architecture and number. */
function namesOf(handlers: NotifyHandlers): Map<string, string> {
  const names = new Map<string, string>();
  for (const name of Object.keys(handlers))
    (SYSCALLS[name] ?? []).forEach((number, index) => {
      if (number >= 0) names.set(`${AUDIT[index]}:${number}`, name);
    });
  return names;
}

/** @throws {RangeError} for a name that is no errno */
function errnoOf(errno: string | number): number {
  if (typeof errno === 'number' && Number.isInteger(errno) && errno > 0 && errno < 4096) return errno;
  const number = (constants.errno as Readonly<Record<string, number>>)[errno];
  if (number === undefined)
    throw createError('ERR_INVALID_OPTION_VALUE', {
      option: 'errno',
      problem: 'must be the name of an errno or its number',
      actual: String(errno),
      hint: "such as 'EPERM'",
    });
  return number;
}

/** How watching a descriptor is asked for; lib/launch/launcher.ts has it. */
export type WatchDescriptor = (descriptor: number, condition: 'readable', listener: () => void) => () => void;

/** What is heard of a handler that threw or took too long. */
export type NotifyFailure = (error: unknown, name: string) => void;

/** Serves one listener until no process has the filter any more. */
export class Notifier {
  readonly #listener: number;
  readonly #settings: NotifySettings;
  readonly #names: Map<string, string>;
  readonly #failed: NotifyFailure;
  readonly #unwatch: () => void;
  #closed = false;

  /** @param listener becomes this object's */
  constructor(listener: number, settings: NotifySettings, watch: WatchDescriptor, failed: NotifyFailure) {
    this.#listener = listener;
    this.#settings = settings;
    this.#names = namesOf(settings.handlers);
    this.#failed = failed;
    this.#unwatch = watch(listener, 'readable', () => this.#take());
    // What came before it was watched.
    this.#take();
  }

  /** Calls that wait or come later fail with ENOSYS. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unwatch();
    closeSync(this.#listener);
  }

  #take(): void {
    while (!this.#closed) {
      const next = native().notification(this.#listener);
      if (next === null) return;
      if (next === 'ended') this.close();
      else void this.#serve(next);
    }
  }

  async #serve(received: ReceivedCall): Promise<void> {
    const name = this.#names.get(`${received.architecture}:${received.number}`) ?? '';
    const handler = this.#settings.handlers[name];
    let answer: NotifyAnswer = { errno: 'ENOSYS' };
    if (handler)
      try {
        answer = await inTime(Promise.resolve(handler(this.#describe(name, received))), this.#settings.timeout, name);
      } catch (error) {
        answer = { errno: 'EPERM' };
        this.#failed(error, name);
      }
    try {
      this.#answer(received.id, answer);
    } catch (error) {
      this.#failed(error, name);
      if (!this.#closed) native().answer(this.#listener, received.id, 0n, constants.errno.EPERM, false);
    }
  }

  #answer(id: bigint, answer: NotifyAnswer): void {
    if (this.#closed) return;
    const { answer: send, answerDescriptor } = native();
    if (answer === 'continue') send(this.#listener, id, 0n, 0, true);
    else if ('errno' in answer) send(this.#listener, id, 0n, errnoOf(answer.errno), false);
    else if ('descriptor' in answer)
      answerDescriptor(this.#listener, id, answer.descriptor, answer.closeOnExec ?? true);
    else send(this.#listener, id, BigInt(answer.value), 0, false);
  }

  #describe(name: string, { id, pid, architecture, arguments: args }: ReceivedCall): SystemCall {
    const read = (address: bigint, length: number, whole: boolean): Buffer =>
      this.#read(id, pid, address, length, whole);
    return {
      name,
      pid,
      architecture: ARCHITECTURE_NAMES[AUDIT.indexOf(architecture)] ?? String(architecture),
      args,
      readMemory: (address, length) => read(address, length, true),
      readString(address, most = LONGEST_STRING) {
        const bytes = read(address, most, false);
        const end = bytes.indexOf(0);
        return bytes.subarray(0, end < 0 ? bytes.length : end).toString('utf8');
      },
    };
  }

  /**
   * The pid may mean another process by now: what was read counts only if the call still waits afterwards.
   * @throws {CofferdamError} ERR_CALL_GONE
   */
  #read(id: bigint, pid: number, address: bigint, length: number, whole: boolean): Buffer {
    if (!Number.isInteger(length) || length < 0 || length > LARGEST)
      throw createError('ERR_INVALID_OPTION_VALUE', {
        option: 'length',
        problem: `must be from 0 to ${LARGEST} bytes`,
        actual: String(length),
        hint: '',
      });
    const bytes = Buffer.alloc(length);
    let size = 0;
    let problem: unknown;
    try {
      const memory = openSync(`/proc/${pid}/mem`, 'r');
      try {
        // Page by page: a string may end at the end of what is mapped.
        while (size < length) {
          const at = address + BigInt(size);
          const count = Math.min(length - size, PAGE - Number(at % BigInt(PAGE)));
          const got = readSync(memory, bytes, size, count, at);
          size += got;
          if (got < count || (!whole && bytes.subarray(size - got, size).includes(0))) break;
        }
      } catch (error) {
        problem = error;
      } finally {
        closeSync(memory);
      }
    } catch (error) {
      problem = error;
    }
    if (this.#closed || !native().waits(this.#listener, id)) throw createError('ERR_CALL_GONE', { pid });
    if (problem !== undefined && (whole || size === 0)) throw problem;
    return bytes.subarray(0, size);
  }
}

/** As the addon gives it. */
export interface ReceivedCall {
  id: bigint;
  pid: number;
  number: number;
  architecture: number;
  arguments: readonly bigint[];
}

async function inTime<Value>(promise: Promise<Value>, milliseconds: number, name: string): Promise<Value> {
  if (milliseconds === 0) return promise;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(createError('ERR_CALL_TIMEOUT', { name, milliseconds })), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

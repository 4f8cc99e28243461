/** Answers of rtnetlink(7), taken apart. They are the kernel's: what does not fit is skipped, and never read beyond. */
import { describeErrno } from '../../errors.ts';
import { CONTROL, NLM } from './constants.ts';
import { aligned } from './message.ts';

/** Attributes by their type; of several of a type the last. */
export type Attributes = ReadonlyMap<number, Buffer>;

/** Attributes from `start` on. */
export function readAttributes(bytes: Buffer, start = 0): Attributes {
  const found = new Map<number, Buffer>();
  for (let at = start; at + 4 <= bytes.length; ) {
    const size = bytes.readUInt16LE(at);
    if (size < 4 || at + size > bytes.length) break;
    // The two high bits say that it nests, and that it is in network order.
    found.set(bytes.readUInt16LE(at + 2) & 0x3fff, bytes.subarray(at + 4, at + size));
    at += aligned(size);
  }
  return found;
}

export interface Dump {
  /** Bodies of the messages, without the headers of netlink(7). */
  bodies: Buffer[];
  /** Something changed meanwhile: what is there may contradict itself. */
  interrupted: boolean;
}

/** @throws an error with the errno's code, when that is the answer */
export function readDump(bytes: Buffer): Dump {
  const bodies: Buffer[] = [];
  let interrupted = false;
  for (let at = 0; at + 16 <= bytes.length; ) {
    const size = bytes.readUInt32LE(at);
    if (size < 16 || at + size > bytes.length) break;
    const type = bytes.readUInt16LE(at + 4);
    interrupted ||= (bytes.readUInt16LE(at + 6) & NLM.INTERRUPTED) !== 0;
    const body = bytes.subarray(at + 16, at + size);
    at += aligned(size);
    if (type === CONTROL.ERROR || type === CONTROL.DONE) {
      const errno = body.length >= 4 ? body.readInt32LE(0) : 0;
      if (errno >= 0) continue;
      const { code, text } = describeErrno(errno);
      throw Object.assign(new Error(`${code}: ${text}, rtnetlink`), { errno, code, syscall: 'rtnetlink' });
    }
    bodies.push(body);
  }
  return { bodies, interrupted };
}

/** NUL-terminated text. */
export const textOf = (bytes: Buffer | undefined): string | undefined =>
  bytes?.toString('latin1').replace(/\0.*$/s, '');

export const numberOf = (bytes: Buffer | undefined): number | undefined =>
  bytes && bytes.length >= 4 ? bytes.readUInt32LE(0) : undefined;

/** Talking to a monitor over its socket: the twin of `ControlMessage` in native/program/layout.h. */
import { closeSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import { createError } from '../errors.ts';
import { CONTROLS, MAGIC } from '../program/contract.ts';
import { placesOf } from './places.ts';

const SIZE = 32;
const PROTOCOL_VERSION = 1;

export interface ControlAnswer {
  /** Of the monitor, which may be of an earlier release, or a later one. */
  version: number;
  /** 0, or a negative errno. */
  value: number;
}

export function encodeControl(control: keyof typeof CONTROLS, value = 0, more = 0): Buffer {
  const message = Buffer.alloc(SIZE);
  message.writeUInt32LE(MAGIC, 0);
  message.writeUInt16LE(PROTOCOL_VERSION, 4);
  message.writeUInt16LE(CONTROLS[control], 6);
  message.writeBigInt64LE(BigInt(value), 8);
  message.writeBigInt64LE(BigInt(more), 16);
  return message;
}

/** The path of a socket is at most 107 bytes; through a descriptor of its directory it is short, wherever that is. */
export const controlPath = (directory: number): string => `/proc/self/fd/${directory}/control`;

/** @throws ERR_MONITOR for an answer that is none */
export function readAnswer(name: string, answer: Buffer): ControlAnswer {
  if (answer.length < SIZE || answer.readUInt32LE(0) !== MAGIC)
    throw createError('ERR_MONITOR', { id: name, problem: 'gave an answer that is none', hint: 'stop it by kill()' });
  return { version: answer.readUInt16LE(4), value: Number(answer.readBigInt64LE(8)) };
}

/**
 * Ask a container's monitor for something; undefined when there is none that answers.
 * @throws ERR_MONITOR for an answer that is none
 */
export async function askMonitor(
  name: string,
  control: keyof typeof CONTROLS,
  value = 0,
  more = 0,
): Promise<ControlAnswer | undefined> {
  let directory: number;
  try {
    directory = openSync(placesOf(name).directory, 'r');
  } catch {
    return undefined;
  }
  try {
    const answer = await new Promise<Buffer | undefined>((resolve) => {
      const parts: Buffer[] = [];
      const socket = connect(controlPath(directory));
      socket.once('connect', () => socket.write(encodeControl(control, value, more)));
      socket.on('data', (part) => {
        parts.push(part);
        if (parts.reduce((sum, { length }) => sum + length, 0) >= SIZE) socket.destroy();
      });
      // It has gone, or is about to: the caller looks at its status then.
      socket.once('error', () => {});
      socket.once('close', () => resolve(parts.length > 0 ? Buffer.concat(parts) : undefined));
    });
    return answer && readAnswer(name, answer);
  } finally {
    closeSync(directory);
  }
}

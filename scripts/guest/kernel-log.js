// What the guest's kernel says: why it ended a program, for instance.
import { constants, openSync, readSync } from 'node:fs';

/** A record of /dev/kmsg (the kernel's Documentation/ABI/testing/dev-kmsg) is no longer, and is read whole or not at all. */
const LONGEST = 8192;

/** 'level,number,time,flags;message', and then lines that begin with a space. */
const messageOf = (record) => /;(.*)/.exec(record)?.[1] ?? '';

/** @returns {() => string[]} messages since the last call, or since this one */
export function kernelLog() {
  const log = openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK);
  const record = Buffer.alloc(LONGEST);
  const next = () => {
    const messages = [];
    for (;;)
      try {
        messages.push(messageOf(record.toString('utf8', 0, readSync(log, record))));
      } catch (error) {
        if (error.code === 'EAGAIN') return messages;
        // EPIPE: what was to be read is gone, and there is newer.
        if (error.code !== 'EPIPE') throw error;
      }
  };
  next();
  return next;
}

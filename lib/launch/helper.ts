/**
 * A process of the launcher's that does something lasting under a lock, and nothing else: it takes the lock, this program
 * looks at what there is and decides, and the process does that. So several programs can change the same thing, and this
 * one makes nothing on the host by itself.
 */
import { closeSync, readFileSync } from 'node:fs';
import { createError, describeErrno } from '../errors.ts';
import type { LaunchEvent } from '../native.ts';
import { PHASES } from '../program/contract.ts';
import { encode } from '../program/encode.ts';
import { launchError } from '../program/failure.ts';
import { type Operation, operation } from '../program/operation.ts';
import { SlotTable } from '../program/slots.ts';
import { launch } from './launcher.ts';

/** The tag of descriptors with what a program of the host wrote before it failed, see layout.h. */
export const MESSAGES_TAG = 3;

/** Text from a descriptor that nobody else needs. */
export function takeText(descriptor: number): string {
  try {
    // By its path: the position is where the writer left it.
    return readFileSync(`/proc/self/fd/${descriptor}`, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

/** RecordHeader.phase of layout.h. */
const hasFinished = (records: Uint8Array): boolean =>
  new DataView(records.buffer, records.byteOffset).getUint32(0, true) === PHASES.finished;

export type Explain = (operation: Operation | undefined, code: string, messages?: string) => Error | undefined;

/**
 * Do what `decide` says while the file `lock` is locked.
 * @param decide reads what there is, and gives the operations; what it throws ends it all
 * @param explain errors of operations that have their own
 */
export async function underLock(
  lock: string,
  decide: (slots: SlotTable) => readonly Operation[],
  explain: Explain,
): Promise<void> {
  const slots = new SlotTable(0);
  const first = [operation('lock', { path: lock, into: slots.reserve('lock') }), operation('rendezvous', { state: 1 })];
  let decided: readonly Operation[] | undefined;
  let refusal: unknown;
  let messages: string | undefined;
  await new Promise<void>((resolve, reject) => {
    const end = (event: Extract<LaunchEvent, { type: 'failed' | 'exited' }>) => {
      if (refusal !== undefined) return reject(refusal);
      if (event.type === 'failed' && decided && hasFinished(event.records)) return resolve();
      const { errno = 0, step = 0 } = event.type === 'failed' ? event : {};
      const operations = [...first, ...(decided ?? [])];
      if (operations[step]?.name === 'lock' && describeErrno(errno).code === 'EBUSY')
        return reject(createError('ERR_UNSUPPORTED', BUSY));
      reject(
        explain(operations[step], describeErrno(errno).code, messages) ??
          launchError({ errno, step, operations, slots }),
      );
    };
    const helper = launch(
      { program: encode(first, { slots }), stdio: ['ignore', 'ignore', 'ignore'], descriptors: [] },
      (event) => {
        switch (event.type) {
          case 'ready':
            try {
              decided = decide(slots);
              helper.continue(encode(decided, { slots }), [], 0);
            } catch (error) {
              refusal = error;
              helper.kill(9);
            }
            return;
          case 'descriptor':
            if (event.tag === MESSAGES_TAG) messages = takeText(event.fd);
            else closeSync(event.fd);
            return;
          case 'failed':
          case 'exited':
            return end(event);
        }
      },
    );
  });
}

const BUSY = {
  feature: 'changing networks now',
  reason: 'another program holds the lock for more than ten seconds',
  hint: 'try again',
};

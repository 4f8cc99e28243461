/** Copies of directory trees, made by a process of the launcher's: neither event loop nor memory of this program has to. */
import { native } from '../native.ts';
import { PHASES, PROGRAM_FLAGS } from '../program/contract.ts';
import { encode } from '../program/encode.ts';
import { launchError } from '../program/failure.ts';
import { operation } from '../program/operation.ts';
import { SlotTable } from '../program/slots.ts';
import { launch } from './launcher.ts';

/** A tree and where its copy goes, which must not exist. */
export interface TreeCopy {
  from: string;
  to: string;
}

/**
 * Copy trees, with owners, modes, times, links, devices and extended attributes; contents are shared where the file system
 * can. When it fails, or when this program is killed meanwhile, a part may be there.
 * @throws a system error that names the tree: ENOSPC on a full disk
 */
export async function copyTrees(copies: readonly TreeCopy[], signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  if (copies.length === 0) return;
  const slots = new SlotTable(0);
  const operations = copies.map(({ from, to }) => operation('copyTree', { from, to }));
  // The janitor has its pidfd: it ends with this program.
  const program = encode(operations, { slots, flags: PROGRAM_FLAGS.watch });
  await new Promise<void>((resolve, reject) => {
    let onAbort = () => {};
    const copying = launch({ program, stdio: ['ignore', 'ignore', 'ignore'], descriptors: [] }, (event) => {
      if (event.type !== 'failed' && event.type !== 'exited') return;
      signal?.removeEventListener('abort', onAbort);
      if (signal?.aborted) return reject(signal.reason);
      // A program without an exec ends by itself, which the addon takes for a failure without an errno of its own.
      const { errno = 0, step = 0 } = event.type === 'failed' ? event : {};
      if (event.type === 'exited' || isFinished(event)) return resolve();
      reject(launchError({ errno, step, operations, slots }));
    });
    onAbort = () => copying.kill(9);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** The phase is the records' first word. */
const isFinished = ({ records, killed }: { records: Uint8Array; killed: boolean }): boolean =>
  !killed && records[0] === PHASES.finished;

/** Remove trees, without following links or crossing mounts, in a thread of the addon's. */
export async function removeTrees(paths: readonly string[]): Promise<void> {
  const operations = paths.map((path) => operation('removeTree', { path }, { actor: 'undo' }));
  const failed = await native().run(encode(operations));
  if (failed) throw launchError({ ...failed, operations, slots: new SlotTable(0) });
}

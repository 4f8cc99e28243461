/** `pause()` and `resume()`: all processes of a container held still, and let go. */
import { freeze, thaw } from '../cgroup/freezer.ts';
import { createError } from '../errors.ts';
import { anySignal } from './any-signal.ts';
import type { Life } from './life.ts';

/** Resolves when they are still. */
export async function pause(life: Life, options: { signal?: AbortSignal }): Promise<void> {
  if (life.state === 'paused') return;
  if (life.pausing) return life.pausing;
  life.pausing = freezeAll(life, options);
  try {
    await life.pausing;
  } finally {
    life.pausing = undefined;
  }
}

async function freezeAll(life: Life, options: { signal?: AbortSignal }): Promise<void> {
  await life.updating?.catch(() => {});
  life.need('running', 'pause');
  const group = life.placement?.group;
  if (!group)
    throw createError('ERR_UNSUPPORTED', {
      feature: 'pause',
      reason: 'the container has no cgroup',
      hint: 'mount a cgroup hierarchy',
    });
  // The container may end meanwhile, and its cgroup with it: then nothing would ever say that it is frozen.
  const ended = new AbortController();
  void life.process?.exited.then(() => ended.abort());
  try {
    await freeze(group, anySignal(options.signal, ended.signal));
  } catch (error) {
    if (options.signal?.aborted) throw options.signal.reason;
    const { code } = error as NodeJS.ErrnoException;
    if (ended.signal.aborted || code === 'ENOENT' || code === 'ENODEV') throw life.wrongState('pause', 'running');
    throw error;
  }
  if (!life.isAlive) return;
  life.becomes('paused');
  life.watches?.froze('frozen');
  life.container.emit('pause');
}

/** A running container is left alone. */
export async function resume(life: Life): Promise<void> {
  // A pause that is under way comes first: of two calls the later one counts.
  await life.pausing?.catch(() => {});
  await life.updating?.catch(() => {});
  if (life.state === 'running') return;
  life.need('paused', 'resume');
  thawAll(life);
  life.becomes('running');
  life.watches?.froze('thawed');
  life.container.emit('resume');
}

/** The kernel's part of it alone. */
export function thawAll({ placement }: Life): void {
  if (placement?.group) thaw(placement.group);
}

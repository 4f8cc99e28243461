/** The launcher of this Node environment: opened at first use, one place that knows which event belongs to whom. */
import type { Launch, LaunchEvent, LaunchRequest } from '../native.ts';
import { native } from '../native.ts';
import { newJournalPath, recoverJournals } from '../state/journals.ts';

type Listener = (event: LaunchEvent) => void;

const listeners = new Map<number, Listener>();
const watchers = new Map<number, () => void>();
let opened: { launcherPid: number; janitorPid: number; memfd: 'memfd' | 'file' } | undefined;

/** Start launcher and janitor unless they run; says their pids and how the launcher's executable is held. */
export function openLauncher(): { launcherPid: number; janitorPid: number; memfd: 'memfd' | 'file' } {
  if (opened) return opened;
  opened = native().open({
    journal: newJournalPath(),
    onEvent: (id, event) => {
      const listener = listeners.get(id);
      // Final events end the launch; nothing comes after them.
      if (event.type === 'exited' || event.type === 'failed') listeners.delete(id);
      listener?.(event);
    },
    onWatch: (watch) => watchers.get(watch)?.(),
  });
  // What programs left that died with their janitor: now, and not on the way of the first launch.
  setImmediate(() => {
    try {
      recoverJournals();
    } catch {
      // A journal that cannot be read now is tried again by the next program, and by `cofferdam gc`, which tells.
    }
  }).unref();
  return opened;
}

/** Launch; `listener` hears all events, the first of them not before this returns. */
export function launch(request: LaunchRequest, listener: Listener): Launch {
  openLauncher();
  const launched = native().launch(request);
  listeners.set(launched.id, listener);
  return launched;
}

/** Launch what a monitor sees to: nothing comes after `started`. */
export function launchDetached(request: LaunchRequest, listener: Listener): Launch {
  const launched = launch(request, (event) => {
    if (event.type === 'started') listeners.delete(launched.id);
    listener(event);
  });
  return launched;
}

/**
 * Hear of each time that a descriptor becomes readable or has an exceptional condition. Does not keep the event loop alive.
 * @param condition 'exceptional' is EPOLLPRI: files of cgroups that changed, triggers of pressure
 * @returns what ends it; to be called before the descriptor is closed
 */
export function watchDescriptor(
  descriptor: number,
  condition: 'readable' | 'exceptional',
  listener: () => void,
): () => void {
  openLauncher();
  const watch = native().watch(descriptor, condition === 'exceptional');
  watchers.set(watch, listener);
  return () => {
    if (watchers.delete(watch)) native().unwatch(descriptor);
  };
}

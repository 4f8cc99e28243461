/** The events that a container's cgroups tell: nothing is watched unless somebody listens. */
import type { Placement } from '../cgroup/placement.ts';
import { CGROUP_EVENTS, type CgroupEvent, Watches } from '../cgroup/watches.ts';
import { watchDescriptor } from '../launch/launcher.ts';
import type { Life } from './life.ts';

const asked = ({ container }: Life): CgroupEvent[] =>
  CGROUP_EVENTS.filter((event) => container.listenerCount(event) > 0);

function newWatches({ container, placement }: Life): Watches {
  const emit = (name: CgroupEvent, ...details: unknown[]) => void container.emit(name, ...(details as never));
  return new Watches(placement as Placement, watchDescriptor, emit);
}

/** Somebody listens who did not before, or it has started. */
export function watchAsked(life: Life): void {
  const events = asked(life);
  // Placement is worked out for whoever asks: most launches have nobody who listens.
  if (events.length === 0 || !life.isAlive || !life.placement) return;
  for (const event of events) {
    life.watches ??= newWatches(life);
    life.watches.want(event);
  }
}

/** @param kills for memory, in the whole run */
export function endWatches(life: Life, kills: number): void {
  // Also of nobody who listens any more: what is watched has descriptors.
  const watches = life.watches ?? (asked(life).length > 0 ? newWatches(life) : undefined);
  watches?.end(kills);
  life.watches = undefined;
}

/** `update()`: other limits, for a container that runs or for its next start. */
import type { Placement } from '../cgroup/placement.ts';
import { allOrNothing, updateSteps } from '../cgroup/update.ts';
import { placementOf } from '../launch/placement.ts';
import { mergeResources } from '../options/index.ts';
import type { ResourcesOption } from '../options/types.ts';
import type { Life } from './life.ts';
import { forgetReader } from './usage.ts';

/** One after the other, and none beside a pause. */
export async function update(life: Life, resources: ResourcesOption): Promise<void> {
  mergeResources(life.options.resources, resources);
  await life.pausing?.catch(() => {});
  const earlier = life.updating;
  const updating = Promise.resolve(earlier?.catch(() => {})).then(() => change(life, resources));
  life.updating = updating;
  try {
    await updating;
  } finally {
    if (life.updating === updating) life.updating = undefined;
  }
}

async function change(life: Life, resources: ResourcesOption): Promise<void> {
  const { resources: before } = life.options;
  const after = mergeResources(before, resources);
  if (life.stage === 'removed') throw life.wrongState('update', 'anything but removed');
  if (life.stage === 'starting') await life.first?.started;
  // What is on its way into the container's cgroups must not miss one.
  await Promise.all([...life.execs].map(({ started }) => started.catch(() => {})));
  const options = Object.freeze({ ...life.options, resources: after });
  // Says what this machine does not have.
  const next = placementOf(options, life.names ?? { id: life.id, nonce: '' });
  if (life.isAlive) {
    const steps = updateSteps(life.placement as Placement, next, before, after, life.state === 'paused');
    await allOrNothing(steps).catch((error: unknown) => {
      // It ended meanwhile, and its cgroups with it: the limits are for its next start.
      if (life.isAlive) throw error;
    });
    if (life.isAlive) moved(life, next);
  }
  life.options = options;
}

/** What reads and watches its cgroups is to know of those that it had not. */
function moved(life: Life, placement: Placement): void {
  life.placement = placement;
  life.watches?.moved(placement);
  forgetReader(life);
}

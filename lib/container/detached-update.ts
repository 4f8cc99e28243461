/** `update()` of a detached container: the limits are written down as well, for its monitor's and others' next starts. */
import { mergeResources } from '../options/index.ts';
import type { ResourcesOption } from '../options/types.ts';
import { readConfig, readLaunch, type StoredOptions, writeConfig, writeLaunch } from '../state/records.ts';
import type { DetachedLife } from './detached-life.ts';
import { update } from './update.ts';

/** Of one that is locked. */
export async function updateDetached(life: DetachedLife, resources: ResourcesOption): Promise<void> {
  life.adopt(readLaunch(life.id));
  await update(life, resources);
  const config = readConfig(life.id);
  const merged = (options: StoredOptions) => ({
    ...options,
    resources: mergeResources(options.resources ?? {}, resources) as ResourcesOption,
  });
  if (config) writeConfig({ ...config, options: merged(config.options) });
  if (life.record && life.isAlive) writeLaunch(life.id, { ...life.record, options: merged(life.record.options) });
}

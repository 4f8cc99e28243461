/** `start()` of a detached container: what is to be known of the run is written down before anything lasting is made. */
import { rmSync } from 'node:fs';
import { createError } from '../errors.ts';
import { checkHost } from '../launch/check.ts';
import { forThisUser } from '../launch/for-this-user.ts';
import { loggedStreams } from '../launch/monitor.ts';
import { placementOf } from '../launch/placement.ts';
import { prepareLaunch } from '../launch/prepare.ts';
import type { Process } from '../launch/process.ts';
import { endTurn, takeTurn } from '../launch/turns.ts';
import { type NormalizedStart, normalizeContainerOptions, normalizeStartOptions } from '../options/index.ts';
import type { StartOptions } from '../options/types.ts';
import type { LaunchNames } from '../program/names.ts';
import { stateDirectory } from '../state/directory.ts';
import { placesOf } from '../state/places.ts';
import { type Config, readConfig, writeLaunch } from '../state/records.ts';
import type { DetachedLife } from './detached-life.ts';
import { launchFollowed } from './followed.ts';
import { launchInNetworks } from './in-networks.ts';
import { launchRecord } from './launch-record.ts';
import { undoFailedStart, undoLeftovers } from './leftovers.ts';
import { requestLaunch } from './request.ts';

/** Of one that is locked. @param command default: its own */
export async function startDetached(
  life: DetachedLife,
  command: readonly string[] | undefined,
  options: StartOptions,
): Promise<Process> {
  const config = readConfig(life.id);
  if (!config) throw createError('ERR_NO_SUCH_CONTAINER', { id: life.id });
  const { state } = life;
  if (state !== 'created' && state !== 'stopped') throw life.wrongState('start', 'created or stopped');
  await undoLeftovers(life.id);
  return launchRun(life, config, command ?? config.options.command ?? [], options);
}

/** Of one that is locked and does not run. */
export async function launchRun(
  life: DetachedLife,
  config: Pick<Config, 'options' | 'createdAt' | 'source'>,
  command: readonly string[],
  options: StartOptions,
): Promise<Process> {
  const { id } = life;
  const container = forThisUser(normalizeContainerOptions({ ...config.options, name: id }).container);
  const start = normalizeStartOptions(command, { ...options, stdio: 'ignore' }, container.defaults);
  start.signal?.throwIfAborted();
  checkHost(container);
  const before = life.record;
  life.options = container;
  life.launching = true;
  let process: Process;
  try {
    process = await launchInNetworks(container.network, async (given) => {
      const names = { ...life.newNames(), given };
      const placement = placementOf(container, names);
      const { group } = placement;
      life.record = launchRecord({ names, group, command: start.argv, start: options }, config);
      stateDirectory();
      writeLaunch(id, life.record);
      life.names = names;
      life.placement = placement;
      return launch(life, start, names);
    });
  } catch (error) {
    life.launching = false;
    await undoFailedStart(id);
    life.record = before;
    rmSync(placesOf(id).launch, { force: true });
    throw error;
  }
  life.started(process);
  return process;
}

async function launch(life: DetachedLife, start: NormalizedStart, names: LaunchNames): Promise<Process> {
  await takeTurn(start.signal)?.granted;
  try {
    const prepared = prepareLaunch(life.options, start, [], names, loggedStreams(life.detached));
    const process = requestLaunch(life, prepared, start, [], launchFollowed);
    await process.started;
    return process;
  } finally {
    endTurn();
  }
}

/** `start()` and `run()`: the container's first process, in its turn and in its networks. */
import { tracedLaunch } from '../diagnostics.ts';
import { checkHost } from '../launch/check.ts';
import { Joined, NAMESPACE_NAMES } from '../launch/namespaces.ts';
import { prepareLaunch } from '../launch/prepare.ts';
import type { Process } from '../launch/process.ts';
import { readyScope } from '../launch/scope.ts';
import { refuseTracers } from '../launch/tracers.ts';
import { endTurn, type Turn, takeTurn } from '../launch/turns.ts';
import { attach } from '../network/attach.ts';
import { leaveDefaultNetwork, readyNetworks } from '../networks.ts';
import type { NormalizedRun, NormalizedStart } from '../options/index.ts';
import { killedWhileWaiting } from '../program/failure.ts';
import { claimId, holderOf, refuseNamesake, releaseId } from './alive.ts';
import { anySignal } from './any-signal.ts';
import { watchAsked } from './cgroup-events.ts';
import { ended } from './end.ts';
import type { Life } from './life.ts';
import { requestLaunch } from './request.ts';
import { ownStreams } from './streams.ts';

/** How often a launch is tried whose address or port another program took just before it. */
const MOST_TRIES = 16;

/** Resolves when the command was executed. When it was not, the container is what it was before. */
export async function launchFirst(life: Life, start: NormalizedStart | NormalizedRun): Promise<Process> {
  const before = life.stage;
  if (before !== 'created' && before !== 'stopped') throw life.wrongState('start', 'created or stopped');
  refuseNamesake(life.id, life.container);
  start.signal?.throwIfAborted();
  life.signal?.throwIfAborted();
  checkHost(life.options);
  const previous = life.first;
  life.stage = 'starting';
  life.killed = false;
  claimId(life.id, life.container);
  let launched: Process;
  try {
    const placed = readyScope(life.options);
    if (placed) {
      await placed;
      if (life.killed) throw killedWhileWaiting();
    }
    launched = await launchInNetworks(life, start);
  } catch (error) {
    releaseId(life.id, life.container);
    // What failed to start is nobody's first process: stop() and exited must not wait for its end.
    life.first = previous;
    if (life.stage === 'starting') life.stage = before;
    throw error;
  }
  if (life.stage === 'starting') life.stage = 'running';
  watchAsked(life);
  life.container.emit('start', launched.pid as number);
  return launched;
}

/** A launch with addresses and ports that were free just before; another one when another program was quicker. */
async function launchInNetworks(life: Life, start: NormalizedStart | NormalizedRun): Promise<Process> {
  const { network } = life.options;
  for (let tries = 1; ; tries++) {
    const ready = readyNetworks(network);
    try {
      if (ready) {
        await ready;
        if (life.killed) throw killedWhileWaiting();
      }
      const turn = takeTurn(anySignal(start.signal, life.signal));
      const launched = turn ? await beginInTurn(life, turn, start) : begin(life, start);
      life.first = launched;
      void launched.exited.then((status) => {
        leaveDefaultNetwork(network);
        ended(life, status);
      });
      await tracedLaunch({ id: life.id, command: start.argv }, launched.started.finally(endTurn));
      life.attachment?.done();
      return launched;
    } catch (error) {
      life.attachment?.done();
      leaveDefaultNetwork(network);
      if (life.killed || tries === MOST_TRIES || !life.attachment?.mayDiffer(error)) throw error;
    }
  }
}

async function beginInTurn(life: Life, turn: Turn, start: NormalizedStart | NormalizedRun): Promise<Process> {
  life.early = [];
  const begun = turn.granted.then(() => {
    life.waiting = undefined;
    return begin(life, start);
  });
  life.waiting = { begun, cancel: turn.cancel };
  try {
    return await begun;
  } finally {
    life.waiting = undefined;
  }
}

/** Request the launch; the turn ends here when not even that works. */
function begin(life: Life, start: NormalizedStart | NormalizedRun): Process {
  const { options } = life;
  const joined = new Joined();
  try {
    life.attachment = attach(options.network);
    const names = { ...life.newNames(), given: life.attachment?.given };
    for (const name of NAMESPACE_NAMES) joined.open(name, holderOf(options.namespaces[name]));
    const { descriptors } = joined;
    const pids = descriptors.get('pid');
    if (pids !== undefined) refuseTracers(pids);
    const prepared = prepareLaunch(options, start, [...descriptors.keys()], names, ownStreams(start));
    life.names = names;
    const launched = requestLaunch(life, prepared, start, [...descriptors.values()]);
    for (const signal of life.early.splice(0)) launched.kill(signal);
    return launched;
  } catch (error) {
    endTurn();
    throw error;
  } finally {
    joined.close();
  }
}

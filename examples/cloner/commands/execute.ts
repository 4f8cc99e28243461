/** `cloner execute`: one command in a container of its own, in the foreground. */
import { existsSync } from 'node:fs';
import { type Container, createContainer, type ExitStatus } from 'cofferdam';
import { type Invocation, statusOf, statusOfExit, UsageError } from '../../shared/command-line.ts';
import { Signals } from '../../shared/signals.ts';
import { hasTerminal, lendTerminal, windowSize } from '../../shared/terminal.ts';
import { emptyConfig } from '../config/config.ts';
import { readConfig } from '../config/read.ts';
import { thisHost } from '../container/host.ts';
import { optionsOf } from '../container/options.ts';
import { failure, known, pidFinder, placesFor, stateOf } from '../found.ts';
import { hookFailure, mountHooks } from '../hooks.ts';
import { launch } from '../launch.ts';
import { libraryName } from '../places.ts';
import type { EXECUTE } from '../table/run.ts';

async function live(box: Container, command: readonly string[], signals: Signals): Promise<ExitStatus> {
  if (!hasTerminal()) return (await box.start(command, { stdio: 'inherit' })).exited;
  const first = await box.start(command, { tty: windowSize() });
  await lendTerminal(first, (typed) => signals.typed(typed));
  return first.exited;
}

export async function execute({
  values,
  words,
  rest,
  notice,
}: Invocation<(typeof EXECUTE)['options']>): Promise<number> {
  const places = placesFor(values, words);
  const file = values.rcfile ?? places.config;
  const defined = existsSync(file);
  if (values.rcfile !== undefined && !defined) throw failure(`${file} is not there`);
  const config = defined ? readConfig(file, values.define) : emptyConfig();
  const command = rest.length > 0 ? rest : config.executeCommand;
  if (command.length === 0)
    throw new UsageError("which command? give it after '--', or lxc.execute.cmd in the configuration");
  if (defined && (await stateOf(places)) !== 'STOPPED') throw failure(`${places.name} runs; use attach`);
  if (values.daemon) {
    await launch(places, { command, rcfile: values.rcfile, defined: values.define, notice });
    return 0;
  }
  const user =
    values.uid !== undefined || values.gid !== undefined
      ? { user: { uid: values.uid ?? 0, gid: values.gid ?? 0 } }
      : {};
  const others = config.sharedNamespaces.size > 0 ? await known() : new Map();
  const options = optionsOf(config, thisHost(pidFinder(places.path, others)));
  const box = await createContainer({
    ...options,
    ...user,
    hooks: mountHooks({ places, config }),
    id: libraryName(places),
    init: true,
  });
  const signals = new Signals(box);
  try {
    const status = await live(box, command, signals);
    return statusOfExit(signals.ending ? { exitCode: null, signal: signals.ending } : status);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_COMMAND_NOT_FOUND' && code !== 'ERR_COMMAND_NOT_EXECUTABLE') throw hookFailure(error);
    notice(message);
    return statusOf(error);
  } finally {
    signals[Symbol.dispose]();
    await box.remove();
  }
}

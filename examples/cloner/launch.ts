/** From a directory with a configuration to a running container. */
import { existsSync } from 'node:fs';
import { createContainer, type DetachedContainer } from 'cofferdam';
import { watchForEnd } from './after.ts';
import type { Config } from './config/config.ts';
import { ConfigError } from './config/errors.ts';
import { readConfig } from './config/read.ts';
import { thisHost } from './container/host.ts';
import { optionsOf } from './container/options.ts';
import { failure, requireDefined, stateOf } from './found.ts';
import { hookFailure, mountHooks, runHooks } from './hooks.ts';
import { libraryName, type Places } from './places.ts';

export interface LaunchRequest {
  /** Default: `lxc.init.cmd`. */
  readonly command?: readonly string[] | undefined;
  /** Another file than its own. */
  readonly rcfile?: string | undefined;
  /** `KEY=VALUE` on top of it. */
  readonly defined?: readonly string[] | undefined;
  /** Gets what has no effect here. */
  readonly notice: (text: string) => void;
}

/** `lxc.hook.start` runs in the container, as the first thing that its first process does. */
function withStartHooks(config: Config, { name }: Places, command: readonly string[]): readonly string[] {
  const hooks = config.hooks.get('start') ?? [];
  if (hooks.length === 0) return command;
  const script = [...hooks.map((hook) => `${hook} ${name} lxc start || exit 1`), 'exec "$@"'].join('\n');
  return ['/bin/sh', '-c', script, 'hook', ...command];
}

/** It may be started again by its monitor when the other one has ended, and what was the other's is somebody else's then. */
function refuseShared({ sharedNamespaces }: Config, { name }: Places): void {
  const remedy = (namespace: string) =>
    namespace === 'net'
      ? 'give both an lxc.net.0.link to the same network'
      : `use the host's with lxc.namespace.keep = ${namespace}`;
  if (sharedNamespaces.size > 0)
    throw new ConfigError(
      [...sharedNamespaces.keys()].map(
        (each) =>
          `lxc.namespace.share.${each}: a container that outlives this command cannot be in another's namespace: ` +
          `${remedy(each)}, or run it in the foreground with: cloner execute -n ${name}`,
      ),
    );
}

/** @throws {ConfigError}, errors of the library, and what a hook says */
export async function launch(places: Places, request: LaunchRequest): Promise<DetachedContainer> {
  if (request.rcfile === undefined) requireDefined(places);
  const config = readConfig(request.rcfile ?? places.config, request.defined);
  for (const note of config.notes) request.notice(note);
  const facts = { places, config };
  refuseShared(config, places);
  const options = optionsOf(
    config,
    thisHost(() => undefined),
  );
  const already = (cause?: unknown) => failure(`${places.name} is running, or being started, already`, cause);
  if ((await stateOf(places)) !== 'STOPPED') throw already();
  const hooks = mountHooks(facts);
  await runHooks('pre-start', facts);
  const made = {
    ...options,
    hooks,
    name: libraryName(places),
    detached: true,
    replace: true,
    reboot: true,
    ...(config.ephemeral && { ephemeral: true, removes: [places.directory] }),
    command: withStartHooks(config, places, request.command ?? config.initCommand),
  } as const;
  let container: DetachedContainer | undefined;
  try {
    container = await createContainer(made);
    await container.start(undefined, { tty: true });
  } catch (error) {
    // Of two who start it at once, one is too late.
    if ((error as NodeJS.ErrnoException).code === 'ERR_CONTAINER_STATE') throw already(error);
    // Somebody destroyed it meanwhile: then nobody else would remove what the library wrote down.
    if (!existsSync(places.directory)) await container?.remove();
    throw hookFailure(error);
  }
  watchForEnd(places, config, request.defined);
  await runHooks('start-host', { ...facts, pid: container.pid });
  return container;
}

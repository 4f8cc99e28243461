/** `lxc.hook.*`: programs of the host that are run at turns of a container's life. */
import type { HookOption, HooksOption } from 'cofferdam';
import { execa } from 'execa';
import type { Config, HookName } from './config/config.ts';
import { ConfigError } from './config/errors.ts';
import { rootText } from './config/values.ts';
import { failure } from './found.ts';
import type { Places } from './places.ts';

/** What a hook is told. */
export interface HookFacts {
  readonly places: Places;
  readonly config: Config;
  /** The root file system as it is mounted on the host, where it is. */
  readonly rootfs?: string | undefined;
  /** 'stop' or 'reboot'. */
  readonly target?: string | undefined;
  /** The container that it is a copy of. */
  readonly source?: string | undefined;
  /** Of the first process, where it runs. */
  readonly pid?: number | undefined;
  readonly more?: readonly string[] | undefined;
}

/** With `lxc.hook.version = 1` name, section and type are in the environment only. */
const argumentsOf = ({ config, places, more = [] }: HookFacts, hook: HookName): string[] =>
  config.hookVersion === 1 ? [...more] : [places.name, 'lxc', hook, ...more];

function environmentOf(
  { config, places, rootfs, target, source, pid }: HookFacts,
  hook: HookName,
): Record<string, string> {
  const { consolePath, consoleLog } = config;
  return {
    LXC_NAME: places.name,
    LXC_CONFIG_FILE: places.config,
    LXC_HOOK_VERSION: String(config.hookVersion),
    LXC_CGNS_AWARE: '1',
    LXC_LOG_LEVEL: config.logLevel,
    ...(consolePath !== undefined && { LXC_CONSOLE: consolePath }),
    ...(consoleLog !== undefined && { LXC_CONSOLE_LOGPATH: consoleLog }),
    ...(config.hookVersion === 1 && { LXC_HOOK_TYPE: hook, LXC_HOOK_SECTION: 'lxc' }),
    ...(config.root && { LXC_ROOTFS_PATH: rootText(config.root) }),
    ...(rootfs !== undefined && { LXC_ROOTFS_MOUNT: rootfs }),
    ...(target !== undefined && { LXC_TARGET: target }),
    ...(source !== undefined && { LXC_SRC_NAME: source }),
    ...(pid !== undefined && { LXC_PID: String(pid) }),
  };
}

/**
 * One after the other; a value is a command line for the shell, as LXC has it.
 * @throws when one fails
 */
export async function runHooks(hook: HookName, facts: HookFacts): Promise<void> {
  for (const command of facts.config.hooks.get(hook) ?? []) {
    const { exitCode, signal, all } = await execa(
      '/bin/sh',
      ['-c', `exec ${command} "$@"`, 'hook', ...argumentsOf(facts, hook)],
      {
        env: environmentOf(facts, hook),
        stdin: 'ignore',
        all: true,
        reject: false,
      },
    );
    if (exitCode !== 0)
      throw failure(
        `lxc.hook.${hook}: ${command} ${signal ? `was ended by ${signal}` : `ended with status ${exitCode}`}${all ? `: ${all.trim().split('\n').at(-1)}` : ''}`,
      );
  }
}

/** For the shell, which says its name before what it has to say. The library tells where the root is mounted. */
const betweenMounts = (hook: HookName, facts: HookFacts): HookOption[] =>
  (facts.config.hooks.get(hook) ?? []).map((command) => ({
    path: '/bin/sh',
    args: [
      '-c',
      `export LXC_ROOTFS_MOUNT="$COFFERDAM_ROOTFS"; exec ${command} "$@"`,
      `lxc.hook.${hook}: ${command}`,
      ...argumentsOf(facts, hook),
    ],
    env: environmentOf(facts, hook),
  }));

/**
 * `pre-mount`, `mount` and `autodev` are run by the library, in the container's namespaces.
 * @throws {ConfigError} with a user namespace, in which the library runs none
 */
export function mountHooks(facts: HookFacts): HooksOption | undefined {
  const { config } = facts;
  const wanted = (['pre-mount', 'mount', 'autodev'] as const).filter((hook) => config.hooks.has(hook));
  if (wanted.length === 0) return undefined;
  if (config.uidMap.length > 0)
    throw new ConfigError(
      wanted.map(
        (hook) =>
          `lxc.hook.${hook} cannot be run together with lxc.idmap: say the mount as lxc.mount.entry, ` +
          `or start with -s lxc.hook.${hook}=`,
      ),
    );
  return {
    preMount: betweenMounts('pre-mount', facts),
    createContainer: [...betweenMounts('mount', facts), ...(config.autodev ? betweenMounts('autodev', facts) : [])],
  };
}

/** What the library says of a hook that failed, in the words of its configuration; any other error as it is. */
export function hookFailure(error: unknown): unknown {
  const { code, details } = error as { code?: string; details?: { argv: readonly string[]; messages: string } };
  return code === 'ERR_HOOK' && details ? failure(`${details.argv[3]} failed: ${details.messages}`, error) : error;
}

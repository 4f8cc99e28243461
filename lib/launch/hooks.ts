/**
 * Programs of the host that run in the new process's place, in its namespaces, while the host's root is still its own:
 * before the new root is there, and when all is mounted below it. What they mount is the container's alone.
 *
 * None with a user namespace that root makes: whoever is root in it cannot enter the state directory, below which the new root
 * is. In a plain user's namespace that is the caller, whose directory it is.
 */
import { type CofferdamError, createError } from '../errors.ts';
import type { NormalizedContainer, NormalizedHook } from '../options/normalized.ts';
import { type Operation, operation } from '../program/operation.ts';

/** Nothing of this program's own environment. */
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Where the new root is, or will be, until it is pivoted to. @param stage see RootfsContext */
const rootPath = ({ rootfs }: NormalizedContainer, stage: string): string =>
  rootfs.type === 'directory' ? rootfs.path : `${stage}/root`;

export function hookOperations(
  hooks: readonly NormalizedHook[],
  container: NormalizedContainer,
  stage: string,
): Operation[] {
  const root = `COFFERDAM_ROOTFS=${rootPath(container, stage)}`;
  return hooks.map(({ path, args, env, timeout }) =>
    operation('hook', { file: path, argv: [path, ...args], envp: [PATH, root, ...env], timeout }),
  );
}

/** @param messages what it wrote */
export function hookFailure(operation: Operation | undefined, code: string, messages = ''): CofferdamError | undefined {
  if (operation?.name !== 'hook') return undefined;
  const said = messages.trim().replace(/\s*\n\s*/g, '; ') || 'it said nothing';
  return createError('ERR_HOOK', { path: operation.args.file, argv: operation.args.argv, code, messages: said });
}

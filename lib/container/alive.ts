/** Containers of this program that run, by id. */
import { createError } from '../errors.ts';
import type { NamespaceHolder, NamespaceOption } from '../options/types.ts';

const alive = new Map<string, NamespaceHolder>();

/** @throws ERR_ID_IN_USE when another one has it and runs */
export function refuseNamesake(id: string, container: NamespaceHolder): void {
  const namesake = alive.get(id);
  if (namesake && namesake !== container) throw createError('ERR_ID_IN_USE', { id });
}

/** From its start on. */
export const claimId = (id: string, container: NamespaceHolder): void => void alive.set(id, container);

/** It has ended, or could not be started. A detached one never claims its id: its end must not take it from its namesake. */
export function releaseId(id: string, container: NamespaceHolder): void {
  if (alive.get(id) === container) alive.delete(id);
}

/** Whose namespace is to be joined: a container that is given by its id, itself. @throws ERR_CONTAINER_STATE */
export function holderOf(option: NamespaceOption): NamespaceOption {
  if (typeof option !== 'object' || !('container' in option)) return option;
  const found = alive.get(option.container);
  if (!found)
    throw createError('ERR_CONTAINER_STATE', {
      action: 'join a namespace of',
      id: option.container,
      state: 'not running in this program',
      needed: 'running',
    });
  return found;
}

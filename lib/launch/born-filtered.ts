/**
 * Whether an exec'd process is born with its filter. In a container without a user namespace of its own, a process with
 * CAP_SYS_PTRACE can take over whatever it sees, so that what it sees should be finished: with the command's identity,
 * capabilities and filter. A filter comes with birth where the intermediate is under it already, which has then to get
 * through it with the little that is left to do.
 */
import { createError } from '../errors.ts';
import type { NormalizedCommand, NormalizedContainer, NormalizedProcess } from '../options/normalized.ts';
import { CLONE } from '../program/constants.ts';
import { capabilityMasks } from '../security/capabilities.ts';
import { type KnownCall, letsThrough } from '../security/seccomp/lets-through.ts';
import { PTRACE } from './tracers.ts';

/** <asm-generic/ioctls.h>: the process's controlling terminal. */
const TIOCSCTTY = 0x540en;

/** From the making of the process to the exec, beside what every filter is met by. */
const CALLS: readonly KnownCall[] = [
  { name: 'clone', args: [BigInt(CLONE.PARENT | CLONE.PARENT_SETTID), 0n] },
  ...['pidfd_open', 'sendmsg', 'close', 'exit_group', 'dup3', 'prlimit64', 'setsid'].map((name) => ({ name })),
];
const TERMINAL: KnownCall = { name: 'ioctl', args: [undefined, TIOCSCTTY, 0n] };

/** @throws ERR_INVALID_OPTION_VALUE where it should be, since a container's processes can trace, and its filter does not let it */
export function isBornFiltered(
  container: NormalizedContainer,
  { process }: NormalizedCommand,
  available: bigint,
): boolean {
  const { seccomp, tty } = process;
  if (container.userNamespace || seccomp === 'unconfined') return false;
  const bounding = (of: Pick<NormalizedProcess, 'capabilities'>) =>
    BigInt(capabilityMasks(of.capabilities, available).bounding);
  const capabilities = bounding(process);
  const refused = [...CALLS, ...(tty ? [TERMINAL] : [])].find((call) => !letsThrough(seccomp, { capabilities }, call));
  if (!refused) return true;
  if (!((capabilities | bounding(container.defaults)) & PTRACE)) return false;
  throw createError('ERR_INVALID_OPTION_VALUE', {
    option: 'seccomp',
    problem: `must let ${refused.name}(2) through: with CAP_SYS_PTRACE the container could take over the process before it has its filter`,
    actual: 'a profile that does not',
    hint: 'allow the call, give the container a userNamespace or no CAP_SYS_PTRACE',
  });
}

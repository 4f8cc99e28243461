/**
 * Who could take over a first process that is born in their pid namespace. As long as it is being made it has the host's root
 * and all capabilities. It is not dumpable, which keeps everybody from it but holders of CAP_SYS_PTRACE in the user
 * namespace that its memory is of, this program's (ptrace(2), "Ptrace access mode checking"). An exec needs no such look:
 * it is born finished (compile-exec.ts, born-filtered.ts).
 */
import { fstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createError } from '../errors.ts';
import { CAPABILITIES } from '../program/constants.ts';

export const PTRACE = 1n << BigInt(CAPABILITIES.indexOf('SYS_PTRACE'));

/** What it has, or may yet get by executing something. */
const SETS = /^Cap(?:Inh|Prm|Bnd):\t([0-9a-f]+)$/gm;

const namespaceOf = (pid: string, kind: string): number => statSync(`/proc/${pid}/ns/${kind}`).ino;

function mayTrace(pid: string): boolean {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return [...status.matchAll(SETS)].some(([, mask]) => BigInt(`0x${mask}`) & PTRACE);
}

/** The first process that could, of those in a pid namespace that is not this program's own. */
function tracerIn(namespace: number): string | undefined {
  if (namespace === namespaceOf('self', 'pid')) return undefined;
  const users = namespaceOf('self', 'user');
  return readdirSync('/proc').find((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return namespaceOf(pid, 'pid') === namespace && namespaceOf(pid, 'user') === users && mayTrace(pid);
    } catch {
      // It is gone, or another user's: then nothing of that namespace can be joined.
      return false;
    }
  });
}

/** @param descriptor of a pid namespace that is about to be joined @throws ERR_INVALID_OPTION_VALUE */
export function refuseTracers(descriptor: number): void {
  const tracer = tracerIn(fstatSync(descriptor).ino);
  if (tracer === undefined) return;
  throw createError('ERR_INVALID_OPTION_VALUE', {
    option: 'namespaces.pid',
    problem: 'leads to a process with CAP_SYS_PTRACE, which could take over what is started there',
    actual: `pid ${tracer}`,
    hint: 'give the other container a userNamespace or no CAP_SYS_PTRACE, or run the command by its exec()',
  });
}

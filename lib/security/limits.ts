/** Per-process limits that are not a cgroup's: setrlimit(2), and the process's place in the OOM killer's list. */
import { readFileSync } from 'node:fs';
import type { NormalizedProcess } from '../options/normalized.ts';
import type { Actor } from '../program/contract.ts';
import { type Operation, operation } from '../program/operation.ts';

/** Before privileges are dropped: raising a hard limit takes CAP_SYS_RESOURCE. */
export const rlimitOperations = (process: Pick<NormalizedProcess, 'rlimits'>): Operation[] =>
  process.rlimits.map(({ resource, soft, hard }) => operation('setrlimit', { resource, soft, hard }));

const OOM_SCORE = '/proc/self/oom_score_adj';

let inherited: number | undefined;

/** What launched processes start with: the launcher's, which has this program's. */
function inheritedOomScore(): number {
  inherited ??= Number(readFileSync(OOM_SCORE, 'utf8'));
  return inherited;
}

/**
 * Set oom_score_adj of proc(5), through the host's /proc, so before pivot_root. Nothing is written where the process
 * has the value already. A default of 0 that cannot be gone back to, since lowering takes CAP_SYS_RESOURCE, stays this
 * program's own; a value that was asked for must be had.
 */
export function oomScoreOperations(
  process: Pick<NormalizedProcess, 'oomScoreAdj'>,
  actor: Actor,
  current: number = inheritedOomScore(),
): Operation[] {
  const { oomScoreAdj } = process;
  if (oomScoreAdj === current) return [];
  const data = Buffer.from(String(oomScoreAdj));
  return [operation('write', { path: OOM_SCORE, data }, oomScoreAdj === 0 ? { actor, tolerate: 'EPERM' } : { actor })];
}

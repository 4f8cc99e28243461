/** What a detached container is told beside what every container is: what becomes of its output and of its end. */
import { RESTART } from '../program/contract.ts';
import {
  absolutePath,
  bare,
  boolean,
  type Check,
  fields,
  integer,
  invalidType,
  invalidValue,
  list,
  nonEmpty,
  string,
} from './check.ts';
import { DEFAULTS } from './defaults.ts';
import { id } from './names.ts';
import type { NormalizedDetached, NormalizedLogs, NormalizedRestart } from './normalized.ts';

const restart: Check<NormalizedRestart> = (value, option) => {
  const text = nonEmpty(value, option);
  const [, times] = /^on-failure(?::(\d{1,9}))?$/.exec(text) ?? [];
  if (text.startsWith('on-failure') && /^on-failure(:\d{1,9})?$/.test(text))
    return bare({ policy: RESTART.onFailure, most: Number(times ?? 0) });
  if (text === 'always') return bare({ policy: RESTART.always, most: 0 });
  if (text === 'no') return bare({ policy: RESTART.no, most: 0 });
  throw invalidValue(option, "must be 'no', 'on-failure', 'on-failure:N' or 'always'", value);
};

const logFields = fields({
  size: integer({ least: 4096, unit: 'bytes' }),
  files: integer({ least: 1, most: 1000 }),
});

const logs: Check<NormalizedLogs | 'none'> = (value, option) => {
  if (value === 'none') return value;
  if (typeof value !== 'object' || value === null) throw invalidType(option, "{ size, files } or 'none'", value);
  const { size, files } = logFields(value, option);
  return bare({ size: size ?? DEFAULTS.logs.size, files: files ?? DEFAULTS.logs.files });
};

const autostartFields = fields({
  order: integer({ least: -1_000_000, most: 1_000_000 }),
  delay: integer({ least: 0, most: 3_600_000, unit: 'milliseconds' }),
});

const autostart: Check<boolean | { order: number; delay: number }> = (value, option) => {
  if (typeof value === 'boolean') return value;
  const { order, delay } = autostartFields(value, option);
  return bare({ order: order ?? 0, delay: delay ?? 0 });
};

/** Options that need `detached`, but for the two that come with it. */
export const DETACHED_FIELDS = {
  name: id,
  detached: boolean,
  restart,
  logs,
  autostart,
  ephemeral: boolean,
  removes: list(absolutePath),
  reboot: boolean,
  replace: boolean,
  command: list(string, 1),
} as const;

type Given = {
  readonly [Name in keyof typeof DETACHED_FIELDS]?: ReturnType<(typeof DETACHED_FIELDS)[Name]> | undefined;
};

const NEED_DETACHED = [
  ...(['restart', 'logs', 'autostart', 'ephemeral', 'removes', 'reboot', 'replace', 'command'] as const),
];

/** Undefined for a container that ends with its program. @throws for an option that makes no sense there */
export function normalizeDetached(given: Given): NormalizedDetached | undefined {
  if (!given.detached) {
    const alone = NEED_DETACHED.find((name) => given[name] !== undefined);
    if (alone) throw invalidValue(alone, 'needs detached: true', given[alone], 'say detached: true, and a name');
    return undefined;
  }
  const policy = given.restart ?? bare({ policy: RESTART.no, most: 0 });
  if (given.ephemeral && policy.policy !== RESTART.no)
    throw invalidValue('restart', 'contradicts ephemeral, which leaves nothing to start again', 'a restart policy');
  if (given.removes?.length && !given.ephemeral)
    throw invalidValue('removes', 'needs ephemeral: true', given.removes, 'what stays keeps its files');
  return bare({
    restart: policy,
    logs: given.logs === 'none' ? undefined : (given.logs ?? bare({ ...DEFAULTS.logs })),
    ephemeral: given.ephemeral ?? false,
    reboot: given.reboot ?? false,
    removes: Object.freeze([...(given.removes ?? [])]),
  });
}

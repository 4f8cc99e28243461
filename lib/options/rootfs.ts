/** The root file system's options. */
import { resolve } from 'node:path';
import {
  bare,
  boolean,
  type Check,
  fields,
  integer,
  invalidType,
  invalidValue,
  list,
  member,
  nonEmpty,
} from './check.ts';
import type { NormalizedRootfs } from './normalized.ts';

/** Host paths may be relative to the working directory; from here on they are absolute. */
export const hostPath: Check<string> = (value, option) => resolve(nonEmpty(value, option));

/** The kernel's OVL_MAX_STACK. */
const MOST_LAYERS = 500;
const PAGE = 4096;

const layers: Check<readonly string[]> = (value, option) =>
  typeof value === 'string' ? Object.freeze([hostPath(value, option)]) : list(hostPath, 1, MOST_LAYERS)(value, option);

const overlayFields = fields({
  lower: layers,
  ephemeral: boolean,
  size: integer({ least: PAGE, unit: 'bytes' }),
  upper: hostPath,
  work: hostPath,
});

const isInside = (path: string, directory: string): boolean => path === directory || path.startsWith(`${directory}/`);

function overlay(value: object, option: string): NormalizedRootfs {
  const { lower, ephemeral, size, upper, work } = overlayFields(value, option);
  const at = (key: string) => member(option, key);
  if (lower === undefined) throw invalidType(at('lower'), 'a path or an array of paths', lower);
  if (ephemeral === true && upper !== undefined)
    throw invalidValue(
      at('ephemeral'),
      `contradicts ${at('upper')}, which keeps the changes`,
      ephemeral,
      'give one of them',
    );
  if (ephemeral === false && upper === undefined)
    throw invalidValue(at('ephemeral'), 'needs a directory for the changes', ephemeral, `give ${at('upper')}`);
  if (upper !== undefined && size !== undefined)
    throw invalidValue(at('size'), `limits the private tmpfs, which ${at('upper')} takes the place of`, size);
  if (upper === undefined && work !== undefined) throw invalidValue(at('work'), `needs ${at('upper')}`, work);
  const workDirectory = upper === undefined ? undefined : (work ?? `${upper}.work`);
  if (
    upper !== undefined &&
    workDirectory !== undefined &&
    (isInside(workDirectory, upper) || isInside(upper, workDirectory))
  )
    throw invalidValue(at('work'), `and ${at('upper')} must not contain one another`, work);
  return bare({ type: 'overlay' as const, lower, upper, work: workDirectory, size });
}

export const rootfs: Check<NormalizedRootfs> = (value, option) => {
  if (value === 'host') return bare({ type: 'host' as const, size: undefined });
  if (typeof value === 'string') return bare({ type: 'directory' as const, path: hostPath(value, option) });
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidType(option, "a directory's path, an overlay's { lower } or 'host'", value);
  return overlay(value, option);
};

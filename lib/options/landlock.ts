/** `landlock`: paths and ports that remain. */
import { absolutePath, bare, boolean, type Check, fields, integer, invalidValue, list } from './check.ts';
import type { NormalizedLandlock } from './normalized.ts';

const ports = list(integer({ least: 0, most: 65535 }));
const paths = list(absolutePath);
const landlockFields = fields({
  read: paths,
  write: paths,
  execute: paths,
  connect: ports,
  bind: ports,
  scoped: boolean,
});

export const landlock: Check<NormalizedLandlock> = (value, option) => {
  const { read, write, execute, connect, bind, scoped = false } = landlockFields(value, option);
  if (!read && !write && !execute && !connect && !bind && !scoped)
    throw invalidValue(option, 'restricts nothing', value, 'give read, write, execute, connect, bind or scoped');
  return bare({ read, write, execute, connect, bind, scoped });
};

/** Ids and names. */
import { randomName } from '../program/names.ts';
import { type Check, invalidValue, matching, nonEmpty } from './check.ts';

const ID = /^[A-Za-z0-9_+-][A-Za-z0-9_+.-]*$/;

/** A container's id becomes a file name: the rule that runc and crun share, so that '..' and '/' cannot be. */
export const id: Check<string> = matching(
  ID,
  64,
  'must begin with a letter, digit, _, + or - and go on with these or .',
);

/** 48 bits: with a thousand containers alive the odds of a clash are one in half a billion. */
export const randomId = randomName;

/** sethostname(2) takes any bytes; what ends up in prompts and in files such as /etc/hosts must not. */
export const hostname: Check<string> = matching(
  /^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$/,
  64,
  'must consist of letters, digits, and - or . between them',
);

const INTERFACE_SIZE = 15;

/** IFNAMSIZ and dev_valid_name() of the kernel. */
export const interfaceName: Check<string> = (value, option) => {
  const name = nonEmpty(value, option);
  if (Buffer.byteLength(name) > INTERFACE_SIZE)
    throw invalidValue(option, `must be at most ${INTERFACE_SIZE} characters long`, value);
  if (!/^[!-~]+$/.test(name) || /[/:%]/.test(name) || name === '.' || name === '..')
    throw invalidValue(option, "must not contain white space, '/', ':' or '%'", value);
  return name;
};

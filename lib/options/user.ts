/**
 * Who a process is. Digits are always a number and never looked up as a name: an image's /etc/passwd could give the
 * "name" 1000 the uid 0 (CVE-2016-3697). What is neither a decimal number nor a name, such as '1e3', ' 1' or '0x1', is
 * refused, and a number that is too large is not cut to one that fits (CVE-2024-40635).
 */
import { bare, type Check, fields, invalidType, invalidValue, list, member, nonEmpty } from './check.ts';
import type { NormalizedUser } from './normalized.ts';

/** (uid_t) -1 means "unchanged" to the kernel. */
const MOST_ID = 2 ** 32 - 2;
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]*\$?$/;
const MOST_NAME = 255;
/** As many as the interpreter takes (native/launcher/account.h). */
const MOST_GROUPS = 256;

/** A number in decimal digits or a name. */
const idOrName: Check<string> = (value, option) => {
  if (typeof value === 'number') {
    if (!Number.isInteger(value) || value < 0 || value > MOST_ID)
      throw invalidValue(option, `must be an integer from 0 to ${MOST_ID}`, value);
    return String(value);
  }
  if (typeof value !== 'string') throw invalidType(option, 'a number or a name', value);
  const text = nonEmpty(value, option);
  if (/^\d+$/.test(text)) {
    if (BigInt(text) > BigInt(MOST_ID)) throw invalidValue(option, `must be at most ${MOST_ID}`, value);
    return String(Number(text));
  }
  if (!NAME.test(text) || text.length > MOST_NAME)
    throw invalidValue(option, 'must be a decimal number or a user name', value, 'names begin with a letter or _');
  return text;
};

const userFields = fields({ uid: idOrName, gid: idOrName, groups: list(idOrName, 0, MOST_GROUPS) });

function fromText(text: string, option: string): NormalizedUser {
  const [user, group, ...rest] = text.split(':');
  if (rest.length > 0) throw invalidValue(option, "must be 'user' or 'user:group'", text);
  return bare({
    user: idOrName(user, option),
    group: group === undefined ? '' : idOrName(group, option),
    groups: Object.freeze([]),
  });
}

function fromObject(value: object, option: string): NormalizedUser {
  const { uid, gid = '', groups } = userFields(value, option);
  if (uid === undefined) throw invalidType(member(option, 'uid'), 'a number or a name', uid);
  if (groups !== undefined && gid === '')
    throw invalidType(member(option, 'gid'), 'given where groups are', undefined, 'the primary group would be unknown');
  // An empty list would ask the container's /etc/group; that it is given means no other groups than the primary one.
  return bare({
    user: uid,
    group: gid,
    groups: groups?.length === 0 ? Object.freeze([gid]) : (groups ?? Object.freeze([])),
  });
}

export const user: Check<NormalizedUser> = (value, option) => {
  if (typeof value === 'number') return bare({ user: idOrName(value, option), group: '', groups: Object.freeze([]) });
  if (typeof value === 'string') return fromText(nonEmpty(value, option), option);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidType(option, "a number, 'user:group' or { uid, gid, groups }", value);
  return fromObject(value, option);
};

/** A container's: who its processes are, and whether it has a user namespace of its own. */
export interface ContainerUser {
  user: NormalizedUser;
  map: 'auto' | undefined;
}

export const containerUser: Check<ContainerUser> = (value, option) => {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'map'))
    return { user: user(value, option), map: undefined };
  const { map, ...rest } = value as { map: unknown };
  if (map !== 'auto') throw invalidValue(member(option, 'map'), "must be 'auto'", map);
  return { user: Object.keys(rest).length === 0 ? ROOT : user(rest, option), map };
};

/** uid 0 by number, and group 0: what `docker run` without --user is. */
export const ROOT: NormalizedUser = bare({ user: '0', group: '0', groups: Object.freeze([]) });

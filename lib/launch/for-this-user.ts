/**
 * What a container is for whoever runs this program. Root has the choice; anybody else needs a user namespace for all that
 * a container does, and in it may map no more than itself, or what newuidmap(1) allows.
 */
import { createError } from '../errors.ts';
import { native } from '../native.ts';
import { bare } from '../options/check.ts';
import type { NormalizedContainer, NormalizedUserNamespace } from '../options/normalized.ts';
import { findPrograms } from '../security/id-map-programs.ts';
import { DEFAULT_RANGE, pieces, RANGE_SIZE, subordinateIds } from '../security/subordinate.ts';

/** Ids of a container of a plain user that has a range of its own: most users have 65536 for all of them. */
const PLAIN_RANGE_SIZE = 4096;

const known = new WeakMap<NormalizedContainer, NormalizedContainer>();

/**
 * The container with what this user's rights make of it; the same object for the same one.
 * @throws {CofferdamError} ERR_UNSUPPORTED where this user has no ids to give
 */
export function forThisUser(container: NormalizedContainer): NormalizedContainer {
  const found = known.get(container);
  if (found) return found;
  const uid = process.geteuid?.() ?? 0;
  const userNamespace = uid === 0 ? rootNamespace(container) : plainNamespace(container, uid, process.getegid?.() ?? 0);
  const fitted =
    userNamespace === container.userNamespace
      ? container
      : bare({
          ...container,
          userNamespace,
          namespaces: bare({ ...container.namespaces, user: 'new' as const }),
        });
  known.set(container, fitted);
  return fitted;
}

function rootNamespace({ userNamespace }: NormalizedContainer): NormalizedUserNamespace | undefined {
  if (userNamespace?.ranges !== 'auto') return userNamespace;
  const { uids, gids } = subordinateIds(0);
  const given = uids.length > 0 || gids.length > 0;
  const ranges = given ? pieces(uids, gids, RANGE_SIZE) : pieces([DEFAULT_RANGE], [DEFAULT_RANGE], RANGE_SIZE);
  if (!ranges)
    throw createError('ERR_UNSUPPORTED', {
      feature: "userNamespace: 'auto'",
      reason: `root has no range of ${RANGE_SIZE} ids in both /etc/subuid and /etc/subgid`,
      hint: 'give it one in both, or in neither',
    });
  return bare({ ...userNamespace, ranges });
}

const own = (id: number) => bare({ containerID: 0, hostID: id, size: 1 });

function plainNamespace(
  { userNamespace, namespaces }: NormalizedContainer,
  uid: number,
  gid: number,
): NormalizedUserNamespace | undefined {
  // Somebody else's namespace, to be joined.
  if (typeof namespaces.user !== 'string') return userNamespace;
  const { uids, gids } = subordinateIds(uid);
  const programs = uids.length > 0 && gids.length > 0 ? findPrograms() : undefined;
  const self = {
    uidMappings: [own(uid)],
    gidMappings: [own(gid)],
    ranges: undefined,
    writer: 'self',
    idmap: false,
  } as const;
  if (!userNamespace) {
    if (!programs) return bare<NormalizedUserNamespace>(self);
    return bare<NormalizedUserNamespace>({
      ...self,
      uidMappings: [own(uid), ...inRow(uids)],
      gidMappings: [own(gid), ...inRow(gids)],
      writer: 'programs',
    });
  }
  if (userNamespace.ranges === 'auto') {
    const ranges = programs && pieces(uids, gids, PLAIN_RANGE_SIZE);
    if (!ranges)
      throw createError('ERR_UNSUPPORTED', {
        feature: "userNamespace: 'auto'",
        reason: programs
          ? `this user has no range of ${PLAIN_RANGE_SIZE} ids in both /etc/subuid and /etc/subgid`
          : 'it takes ranges of ids in /etc/subuid and /etc/subgid, and newuidmap and newgidmap',
        hint: 'usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER; apt-get install uidmap; or leave it out',
      });
    return bare<NormalizedUserNamespace>({ ...self, ranges, writer: 'programs' });
  }
  const alone = [...userNamespace.uidMappings, ...userNamespace.gidMappings].every(({ size }) => size === 1);
  const mine = userNamespace.uidMappings[0]?.hostID === uid && userNamespace.gidMappings[0]?.hostID === gid;
  const onlySelf = alone && mine && userNamespace.uidMappings.length === 1 && userNamespace.gidMappings.length === 1;
  return bare<NormalizedUserNamespace>({ ...userNamespace, idmap: false, writer: onlySelf ? 'self' : 'programs' });
}

/** Subordinate ranges as the ids from 1 on. */
function inRow(ranges: readonly { first: number; count: number }[]) {
  let containerID = 1;
  return ranges.map(({ first, count }) => {
    const mapping = bare({ containerID, hostID: first, size: count });
    containerID += count;
    return mapping;
  });
}

let namespaces: number | undefined;

/** errno of a try to make a user namespace, 0 when this user may. */
export function userNamespaceErrno(): number {
  namespaces ??= native().probe().user_namespaces ?? 0;
  return namespaces;
}

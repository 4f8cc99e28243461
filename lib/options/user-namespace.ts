/** Id mappings of a user namespace, user_namespaces(7). */
import { bare, boolean, type Check, fields, integer, invalidType, invalidValue, list, member } from './check.ts';
import type { NormalizedUserNamespace } from './normalized.ts';
import type { IDMapping } from './types.ts';

/** UID_GID_MAP_MAX_EXTENTS; and the map is written at once, in less than a page. */
const MOST_MAPPINGS = 340;
const PAGE = 4096;
const MOST_ID = 2 ** 32 - 2;

const mappingFields = fields({
  containerID: integer({ least: 0, most: MOST_ID }),
  hostID: integer({ least: 0, most: MOST_ID }),
  size: integer({ least: 1, most: MOST_ID + 1 }),
});

const mapping: Check<IDMapping> = (value, option) => {
  const given = mappingFields(value, option);
  for (const key of ['containerID', 'hostID', 'size'] as const)
    if (given[key] === undefined) throw invalidType(member(option, key), 'a number', given[key]);
  const { containerID, hostID, size } = given as IDMapping;
  if (Math.max(containerID, hostID) + size - 1 > MOST_ID)
    throw invalidValue(option, `goes beyond the largest id, ${MOST_ID}`, value);
  return bare({ containerID, hostID, size });
};

function checkOverlap(mappings: readonly IDMapping[], side: 'containerID' | 'hostID', option: string): void {
  const sorted = [...mappings].sort((a, b) => a[side] - b[side]);
  for (let i = 1; i < sorted.length; i++) {
    const [before, after] = [sorted[i - 1] as IDMapping, sorted[i] as IDMapping];
    if (before[side] + before.size > after[side])
      throw invalidValue(option, `has two mappings with the ${side} ${after[side]}`, mappings);
  }
}

/** Text of /proc/PID/uid_map. */
export const mapText = (mappings: readonly IDMapping[]): string =>
  mappings.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`).join('');

const mappings: Check<readonly IDMapping[]> = (value, option) => {
  const given = list(mapping, 1, MOST_MAPPINGS)(value, option);
  checkOverlap(given, 'containerID', option);
  checkOverlap(given, 'hostID', option);
  const size = mapText(given).length;
  if (size >= PAGE)
    throw invalidValue(
      option,
      `takes ${size} bytes as text, the kernel reads less than ${PAGE}`,
      value,
      'give fewer or shorter ranges',
    );
  return given;
};

const userNamespaceFields = fields({ uidMappings: mappings, gidMappings: mappings, idmap: boolean });

/** Which ranges there are, and who writes the maps, is known where it is launched. */
export const AUTO: NormalizedUserNamespace = bare({
  uidMappings: Object.freeze([]),
  gidMappings: Object.freeze([]),
  ranges: 'auto',
  writer: 'root',
  idmap: true,
});

export const userNamespace: Check<NormalizedUserNamespace> = (value, option) => {
  if (value === 'auto') return AUTO;
  if (typeof value === 'string') throw invalidValue(option, "must be 'auto' or { uidMappings, gidMappings }", value);
  const { uidMappings, gidMappings, idmap = false } = userNamespaceFields(value, option);
  if (!uidMappings) throw invalidType(member(option, 'uidMappings'), 'an array', uidMappings);
  if (!gidMappings) throw invalidType(member(option, 'gidMappings'), 'an array', gidMappings);
  return bare({ uidMappings, gidMappings, ranges: undefined, writer: 'root', idmap });
};

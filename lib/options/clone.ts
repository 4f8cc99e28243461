/** What `clone()` takes. */
import { boolean, fields, integer, invalidValue, list, oneOf, string } from './check.ts';
import { id } from './names.ts';

export interface NormalizedClone {
  readonly name: string | undefined;
  readonly ephemeral: boolean;
  /** It shares the source's files. */
  readonly snapshot: boolean;
  readonly tmpfs: boolean;
  readonly size: number | undefined;
  readonly count: number | undefined;
  readonly command: readonly string[] | undefined;
}

const MOST = 10_000;
const PAGE = 4096;

const cloneFields = fields({
  name: id,
  ephemeral: boolean,
  snapshot: boolean,
  backing: oneOf(['overlay', 'copy']),
  tmpfs: boolean,
  size: integer({ least: PAGE, unit: 'bytes' }),
  count: integer({ least: 1, most: MOST }),
  command: list(string, 1),
});

/** @throws {TypeError|RangeError} naming the option */
export function normalizeCloneOptions(options: unknown): NormalizedClone {
  const given = cloneFields(options, '');
  const { name, count, command, size } = given;
  const ephemeral = given.ephemeral ?? false;
  const shares = given.backing === undefined ? given.snapshot : given.backing === 'overlay';
  if (given.snapshot !== undefined && shares !== given.snapshot)
    throw invalidValue('backing', 'contradicts snapshot', given.backing, 'give one of them');
  if (ephemeral && shares === false)
    throw invalidValue('backing', 'must be an overlay when the copy is ephemeral', given.backing ?? given.snapshot);
  if (!ephemeral && given.tmpfs)
    throw invalidValue('tmpfs', 'keeps nothing, so it needs ephemeral', given.tmpfs, 'say ephemeral: true');
  const tmpfs = ephemeral && (given.tmpfs ?? true);
  if (size !== undefined && !tmpfs) throw invalidValue('size', 'limits the tmpfs of an ephemeral copy', size);
  if (command !== undefined && !ephemeral)
    throw invalidValue('command', 'is what an ephemeral copy starts', 'a command', 'give it to start()');
  return { name, ephemeral, snapshot: shares ?? ephemeral, tmpfs, size, count, command };
}

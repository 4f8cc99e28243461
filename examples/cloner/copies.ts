/** What a copy of a container is: its files, and its configuration made from that of its source. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config, Root } from './config/config.ts';
import { mapValues, withValue } from './config/edit.ts';
import { rootText } from './config/values.ts';
import { withRandomDigits } from './container/network.ts';
import { failure } from './found.ts';
import type { Places } from './places.ts';
import { copyTree } from './templates/files.ts';

export interface CopyOptions {
  /** What it shares with its source: all that is not changed, or nothing. */
  readonly store: 'overlay' | 'dir';
  /** Changes of an overlay are on a tmpfs of its own. */
  readonly tmpfs?: boolean | undefined;
  readonly ephemeral?: boolean | undefined;
  readonly keepName?: boolean | undefined;
  readonly keepMac?: boolean | undefined;
  /** Lines for `lxc.mount.entry`. */
  readonly mounts?: readonly string[] | undefined;
}

/** The source's files as layers that are only read, the uppermost first. */
function layersOf(root: Root): string[] {
  if (root.kind === 'dir') return [root.path];
  if (root.upper === 'tmpfs')
    throw failure('its changes are on a tmpfs of its own, which nobody else sees: copy its source');
  return [root.upper, ...root.lower];
}

/** A registered prefix and three digits at random: LXC's template when it makes a card's address anew. */
const NEW_HWADDR = '00:16:3e:xx:xx:xx';

/** The configuration's text, with what is the copy's own. */
function copiedConfig(text: string, places: Places, root: Root, options: CopyOptions): string {
  let copied = withValue(text, 'lxc.rootfs.path', rootText(root));
  if (!options.keepName) copied = withValue(copied, 'lxc.uts.name', places.name);
  if (!options.keepMac)
    copied = mapValues(
      copied,
      (key) => /^lxc\.net\.\d+\.hwaddr$/.test(key),
      () => withRandomDigits(NEW_HWADDR),
    );
  // Two cannot have one name on the host.
  copied = mapValues(
    copied,
    (key) => /^lxc\.net\.\d+\.veth\.pair$/.test(key),
    () => undefined,
  );
  copied = mapValues(
    copied,
    (key) => key === 'lxc.ephemeral',
    () => undefined,
  );
  if (options.ephemeral) copied = withValue(copied, 'lxc.ephemeral', '1');
  for (const mount of options.mounts ?? []) copied = `${copied.replace(/\n*$/, '\n')}lxc.mount.entry = ${mount}\n`;
  return copied;
}

/** Values that name a file of the host's, which may stand beside the configuration. */
const NAMES_FILE = /^lxc\.(hook\..+|mount\.fstab|seccomp\.profile)$/;

/** Files beside the source's configuration that this names are copied: the source may be destroyed. */
function withOwnFiles(text: string, source: Places, places: Places, directory: string): string {
  const files = readdirSync(source.directory, { withFileTypes: true })
    .filter((each) => each.isFile() && each.name !== 'config')
    .map(({ name }) => name)
    // One name may begin with another.
    .sort((a, b) => b.length - a.length);
  return mapValues(
    text,
    (key) => NAMES_FILE.test(key),
    (value) =>
      files.reduce((changed, name) => {
        const path = join(source.directory, name);
        if (!changed.includes(path)) return changed;
        copyFileSync(path, join(directory, name));
        return changed.replaceAll(path, join(places.directory, name));
      }, value),
  );
}

/**
 * Fill a copy's new directory.
 * @param directory Where it is now; it will have the name of `places`.
 */
export async function fillCopy(
  source: Places,
  { root }: Config,
  places: Places,
  directory: string,
  options: CopyOptions,
): Promise<void> {
  if (!root) throw failure(`${source.name} has no lxc.rootfs.path: there are no files to copy`);
  const copy = await copiedRoot(root, places, directory, options);
  const text = copiedConfig(readFileSync(source.config, 'utf8'), places, copy, options);
  // The hook post-stop of one that vanishes is run when its directory is gone, and its source cannot be destroyed before.
  const own = options.ephemeral ? text : withOwnFiles(text, source, places, directory);
  writeFileSync(join(directory, 'config'), own, { mode: 0o640 });
}

async function copiedRoot(root: Root, places: Places, directory: string, options: CopyOptions): Promise<Root> {
  if (options.store === 'overlay') {
    if (options.tmpfs) return { kind: 'overlay', lower: layersOf(root), upper: 'tmpfs' };
    mkdirSync(join(directory, 'delta0'));
    return { kind: 'overlay', lower: layersOf(root), upper: places.upper };
  }
  if (root.kind === 'dir') {
    await copyTree(root.path, join(directory, 'rootfs'));
    return { kind: 'dir', path: places.rootfs };
  }
  // An overlay's own files are its changes; what is below stays shared.
  layersOf(root);
  await copyTree(root.upper, join(directory, 'delta0'));
  return { ...root, upper: places.upper };
}

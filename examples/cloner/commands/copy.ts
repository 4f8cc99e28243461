/** `cloner copy`. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type Invocation, UsageError } from '../../shared/command-line.ts';
import { readConfig } from '../config/read.ts';
import { type CopyOptions, fillCopy } from '../copies.ts';
import { makeDirectory, takeAway } from '../directory.ts';
import { failure, placesFor, requireDefined, stateOf } from '../found.ts';
import { runHooks } from '../hooks.ts';
import { launch } from '../launch.ts';
import { type Places, placesOf } from '../places.ts';
import { rename } from '../rename.ts';
import type { COPY } from '../table/make.ts';

type Values = Invocation<(typeof COPY)['options']>['values'];

/** LXC's: the source's name and six characters at random. */
const randomName = (source: string): string =>
  `${source}_${randomBytes(6).toString('base64url').replace(/[-_]/g, 'x').slice(0, 6)}`;

function namesOf(values: Values, source: string): string[] {
  const { newname, count } = values;
  if (newname === undefined && !values.ephemeral && !values.keepdata)
    throw new UsageError('which name? give -N NAME; only copies with -e have random ones');
  if (newname === undefined) return Array.from({ length: count ?? 1 }, () => randomName(source));
  if (count === undefined) return [newname];
  return Array.from({ length: count }, (_, index) => `${newname}-${index + 1}`);
}

/** 'bind=/src:/dst:ro,bind=/other' as lines of fstab(5). */
function mountsOf(given: readonly string[]): string[] {
  return given
    .flatMap((text) => text.split(','))
    .map((text) => {
      const [, source, target = source, mode = 'rw'] = /^bind=(\/[^:]*)(?::(\/[^:]*))?(?::(ro|rw))?$/.exec(text) ?? [];
      if (source === undefined || target === undefined)
        throw new UsageError(`-m takes bind=/SRC, bind=/SRC:/DST or bind=/SRC:/DST:ro, got '${text}'`);
      const escaped = (path: string) =>
        path.replace(/[\s\\]/g, (byte) => `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`);
      return `${escaped(source)} ${escaped(target.replace(/^\//, ''))} none bind${mode === 'ro' ? ',ro' : ''} 0 0`;
    });
}

function optionsOf(values: Values): CopyOptions {
  const started = values.ephemeral || values.keepdata;
  if (values.tmpfs && !values.ephemeral) throw new UsageError('-t needs -e: a tmpfs is gone when a container stops');
  if (values.tmpfs && values.backingstorage === 'dir') throw new UsageError('-t needs an overlay: leave out -B dir');
  if (values.mount.length > 0 && !started)
    throw new UsageError('-m needs -e; other copies have a config to write mounts into');
  return {
    store: values.backingstorage ?? (started || values.snapshot ? 'overlay' : 'dir'),
    tmpfs: values.tmpfs,
    ephemeral: values.ephemeral && !values.keepdata,
    keepName: values.keepname,
    keepMac: values.keepmac,
    mounts: mountsOf(values.mount),
  };
}

async function one(
  source: Places,
  copy: Places,
  values: Values,
  hookArguments: readonly string[],
  notice: (text: string) => void,
): Promise<void> {
  const config = readConfig(source.config);
  await makeDirectory(copy, (directory) => fillCopy(source, config, copy, directory, optionsOf(values)));
  try {
    const facts = { places: copy, config, source: source.name, more: hookArguments };
    await runHooks('clone', facts);
    if (values.ephemeral || values.keepdata) await launch(copy, { notice });
  } catch (error) {
    if (existsSync(copy.directory)) takeAway(copy).remove();
    throw error;
  }
}

export async function copy({ values, words, rest, notice }: Invocation<(typeof COPY)['options']>): Promise<number> {
  const source = placesFor(values, words);
  optionsOf(values);
  const path = values.newpath ?? source.path;
  const names = namesOf(values, source.name);
  requireDefined(source);
  const state = await stateOf(source);
  if (state !== 'STOPPED' && (values.rename || !values.allowrunning))
    throw failure(
      `${source.name} is ${state}, and its files may change: stop it first with: cloner stop -n ${source.name}`,
    );
  if (values.rename) {
    await rename(source, placesOf(path, names[0] as string));
    return 0;
  }
  const outcomes = await Promise.allSettled(
    names.map((name) => one(source, placesOf(path, name), values, rest, notice)),
  );
  for (const [index, { status }] of outcomes.entries())
    if (status === 'fulfilled') process.stdout.write(`${names[index]}\n`);
  const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
  for (const { reason } of failed.slice(1)) notice((reason as Error).message);
  if (failed[0]) throw failed[0].reason;
  return 0;
}

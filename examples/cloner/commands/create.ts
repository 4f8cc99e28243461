/** `cloner create`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Invocation, UsageError } from '../../shared/command-line.ts';
import { statInRoot } from '../../shared/in-root.ts';
import { mapValues } from '../config/edit.ts';
import { ConfigError } from '../config/errors.ts';
import { parseConfig } from '../config/read.ts';
import { withRandomDigits } from '../container/network.ts';
import { makeDirectory } from '../directory.ts';
import { placesFor } from '../found.ts';
import type { Places } from '../places.ts';
import type { CREATE } from '../table/make.ts';
import { TEMPLATES } from '../templates/index.ts';

/** An interface in the default network, unless `-f FILE` says otherwise. */
const NETWORK = `# An interface in LXC's network, or where there is no lxcbr0 in the default network. Its address is set from outside.
lxc.net.0.type = veth
lxc.net.0.link = lxcbr0
lxc.net.0.flags = up
lxc.net.0.hwaddr = 00:16:3e:xx:xx:xx
`;

const HEAD = (template: string) => `# Made by: cloner create -t ${template}
# Read at every start; lxc.container.conf(5) and docs/cloner.md tell what may stand here. For example:
# lxc.cgroup.memory.limit_in_bytes = 256M
# lxc.mount.entry = /srv/objects objects none bind 0 0
# lxc.environment = COLOUR=green

`;

/** The digits of an hwaddr stay from then on. */
const withFixedDigits = (text: string): string =>
  mapValues(text, (key) => /^lxc\.net\.\d+\.hwaddr$/.test(key), withRandomDigits);

function configText(
  template: string,
  { name }: Places,
  rootfs: string,
  lines: readonly string[],
  given: string,
): string {
  return [
    HEAD(template),
    given.replace(/\n*$/, '\n'),
    '\n',
    `lxc.uts.name = ${name}\n`,
    `lxc.rootfs.path = dir:${rootfs}\n`,
    ...(lines.length > 0 ? ['\n'] : []),
    ...lines.map((line) => `${line}\n`),
  ].join('');
}

/** @throws {ConfigError} */
function initial(file: string | undefined): string {
  if (file === undefined) return NETWORK;
  const text = readFileSync(file, 'utf8');
  const { problems } = parseConfig(text, file);
  if (problems.length > 0) throw new ConfigError(problems);
  return text;
}

export async function create({ values, words, rest, notice }: Invocation<(typeof CREATE)['options']>): Promise<number> {
  const places = placesFor(values, words);
  const { template } = values;
  if (template === undefined)
    throw new UsageError(`from which template? give -t ${Object.keys(TEMPLATES).join(', -t ')}`);
  const given = initial(values.config);
  let rootfs = places.rootfs;
  await makeDirectory(places, async (directory) => {
    const wanted = join(directory, 'rootfs');
    const made = await (TEMPLATES[template] as (typeof TEMPLATES)[string]).make(wanted, rest);
    if (made.rootfs !== wanted) rootfs = made.rootfs;
    writeFileSync(
      join(directory, 'config'),
      withFixedDigits(configText(template, places, rootfs, made.config, given)),
      { mode: 0o640 },
    );
  });
  if (!statInRoot(rootfs, '/sbin/init'))
    notice(
      `it has no /sbin/init; give lxc.init.cmd in ${places.config}, or start it with: cloner start -n ${places.name} -- COMMAND`,
    );
  return 0;
}

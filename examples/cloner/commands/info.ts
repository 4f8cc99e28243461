/** `cloner info`. */
import { existsSync, readFileSync } from 'node:fs';
import type { DetachedContainer, Stats } from 'cofferdam';
import type { Invocation } from '../../shared/command-line.ts';
import { addressesOf } from '../addresses.ts';
import { entriesOf } from '../config/include.ts';
import { KEYS, keyOf } from '../config/keys.ts';
import { failure, opened, placesFor } from '../found.ts';
import type { Places } from '../places.ts';
import { stateName } from '../state.ts';
import type { INFO } from '../table/look.ts';

type Values = Invocation<(typeof INFO)['options']>['values'];

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

function size(bytes: number, plain: boolean): string {
  if (plain) return String(bytes);
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < UNITS.length - 1; unit++) value /= 1024;
  return `${unit === 0 ? value : value.toFixed(2)} ${UNITS[unit]}`;
}

/** LXC's width of what stands before the values. */
const line = (label: string, value: string): string => `${`${label}:`.padEnd(16)}${value}`;

function usage({ cpu, io, memory, network }: Stats, plain: boolean): string[] {
  const lines: string[] = [];
  if (cpu?.usage !== undefined)
    lines.push(
      line('CPU use', plain ? String(Math.round(cpu.usage * 1000)) : `${(cpu.usage / 1e6).toFixed(2)} seconds`),
    );
  const disks = Object.values(io?.devices ?? {});
  if (io)
    lines.push(
      line(
        'BlkIO use',
        size(
          disks.reduce((sum, { readBytes, writeBytes }) => sum + readBytes + writeBytes, 0),
          plain,
        ),
      ),
    );
  if (memory?.current !== undefined) lines.push(line('Memory use', size(memory.current, plain)));
  if (memory?.kernel !== undefined) lines.push(line('KMem use', size(memory.kernel, plain)));
  for (const [name, { sentBytes, receivedBytes }] of Object.entries(network ?? {})) {
    if (name === 'lo') continue;
    lines.push(line('Link', name));
    lines.push(line(' TX bytes', size(sentBytes, plain)));
    lines.push(line(' RX bytes', size(receivedBytes, plain)));
    lines.push(line(' Total bytes', size(sentBytes + receivedBytes, plain)));
  }
  return lines;
}

/** One, or what several begin with: lxc.net.0, lxc.uts. */
const isKey = (name: string): boolean =>
  keyOf(name) !== undefined ||
  /^lxc\.net(\.\d+)?$/.test(name) ||
  Object.keys(KEYS).some((key) => key.startsWith(`${name}.`));

function configured({ config }: Places, keys: readonly string[]): string[] {
  const entries = entriesOf(readFileSync(config, 'utf8'), config, []);
  return keys.flatMap((key) =>
    entries
      .filter((each) => each.key === key || each.key.startsWith(`${key}.`))
      .map(({ key: name, value }) => `${name} = ${value}`),
  );
}

async function lines(places: Places, container: DetachedContainer | undefined, values: Values): Promise<string[]> {
  const state = stateName(container?.state);
  const pid = container?.pid;
  const all = !values.ips && !values.pid && !values.stats && !values.state && values.config.length === 0;
  const { ipv4, ipv6 } = pid === undefined ? { ipv4: [], ipv6: [] } : addressesOf(pid);
  // Asked for one thing only, its value stands alone, for scripts.
  const single =
    [values.pid, values.state].filter(Boolean).length === 1 && !values.ips && !values.stats && values['no-humanize'];
  const told = (label: string, value: string) => (single ? value : line(label, value));
  return [
    ...(all ? [line('Name', places.name)] : []),
    ...(all || values.state ? [told('State', state)] : []),
    ...((all || values.pid) && pid !== undefined ? [told('PID', String(pid))] : []),
    ...(all || values.ips
      ? [...ipv4, ...ipv6].map((address) => (values['no-humanize'] && values.ips ? address : line('IP', address)))
      : []),
    ...((all || values.stats) && container && pid !== undefined
      ? usage(await container.stats(), values['no-humanize'])
      : []),
    ...configured(places, values.config),
  ];
}

export async function info({ values, words, notice }: Invocation<(typeof INFO)['options']>): Promise<number> {
  const places = placesFor(values, words);
  if (!existsSync(places.config)) throw failure(`${places.name} doesn't exist`);
  const container = await opened(places);
  if (values.json) {
    const pid = container?.pid;
    const addresses = pid === undefined ? { ipv4: [], ipv6: [] } : addressesOf(pid);
    const stats = container && pid !== undefined ? await container.stats() : null;
    const { name, directory, config } = places;
    const facts = {
      name,
      state: stateName(container?.state),
      pid: pid ?? null,
      ...addresses,
      directory,
      config,
      stats,
    };
    process.stdout.write(`${JSON.stringify(facts, null, 2)}\n`);
    return 0;
  }
  for (const key of values.config) if (!isKey(key)) notice(`there is no key ${key}`);
  for (const each of await lines(places, container, values)) process.stdout.write(`${each}\n`);
  return 0;
}

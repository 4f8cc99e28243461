#!/usr/bin/env -S npx tsx
/** Manages networks: see `--help`. */
import { createNetwork, listNetworks, type Network, type NetworkInfo, openNetwork } from 'cofferdam';
import { type CreateValues, NETWORK } from './network/options.ts';
import { type Command, dispatch, main, type Options, type Work } from './shared/command-line.ts';
import { VERSION } from './shared/package.ts';
import { requireRoot } from './shared/privileges.ts';

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** Rows as text, each column as wide as its widest cell. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

const kindOf = ({ default: isDefault, internal }: NetworkInfo): string =>
  [isDefault && 'default', internal && 'internal'].filter(Boolean).join(', ') || '-';

async function list(json: boolean): Promise<void> {
  const all = await Promise.all((await listNetworks()).map((network) => network.inspect()));
  if (json) return print(JSON.stringify(all, null, 2));
  const rows = all.map((each) => [
    each.name,
    [each.subnet, each.subnet6].filter(Boolean).join(' '),
    each.gateway,
    kindOf(each),
    each.up ? 'up' : 'gone: reconcile',
    String(each.users.length),
  ]);
  for (const line of columns([['NAME', 'SUBNET', 'GATEWAY', 'KIND', 'BRIDGE', 'CONTAINERS'], ...rows])) print(line);
}

/** One after the other; the first that fails ends it. */
async function each(names: readonly string[], act: (network: Network) => Promise<void>): Promise<void> {
  for (const name of names) await act(await openNetwork(name));
}

const works: Readonly<Record<string, Work<Options>>> = {
  ls: async ({ values }) => {
    await list(values.json as boolean);
    return 0;
  },
  inspect: async ({ words }) => {
    await each(words, async (network) => print(JSON.stringify(await network.inspect(), null, 2)));
    return 0;
  },
  create: async ({ values, words: [name = ''] }) => {
    const { subnet, gateway, internal, mtu, ipv6 } = values as unknown as CreateValues;
    const network = await createNetwork({ name, subnet, gateway, internal, mtu, ipv6: ipv6 === 'auto' ? true : ipv6 });
    print(`${network.name} ${[network.subnet, network.subnet6].filter(Boolean).join(' ')}`);
    return 0;
  },
  rm: async ({ words }) => {
    await each(words, async (network) => {
      await network.remove();
      print(network.name);
    });
    return 0;
  },
  reconcile: async ({ words }) => {
    await each(words, async (network) => {
      await network.reconcile();
      print(network.name);
    });
    return 0;
  },
};

const words = process.argv.slice(2);
/** Looking on and asking for help need no privileges, but the state directory is root's. */
const asksForHelp =
  words.length === 0 || words.some((word) => word === '--help' || word === '-h' || word === '--version');
if (!asksForHelp && (NETWORK.subcommands as readonly Command[]).some(({ name }) => name === words[0])) {
  try {
    requireRoot('network');
  } catch (error) {
    process.stderr.write(`network: ${(error as Error).message}\n`);
    process.exit(1);
  }
}
await main(dispatch(NETWORK as Command, VERSION, words, works));

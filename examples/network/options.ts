/** The command line. */
import { type Command, command, flag, type Options, type Values, values } from '../shared/command-line.ts';

const text = (value: string, help: string) => ({ value, help, parse: (given: string) => given });

const EXAMPLES = {
  ls: [['npm run network -- ls', 'all networks']],
  inspect: [['npm run network -- inspect lab', 'who is in it, and which ports lead there']],
  create: [
    ['npm run network -- create lab', 'a free subnet, and a way out'],
    ['npm run network -- create back --internal --ipv6 auto', 'no way out, and IPv6 as well'],
  ],
  rm: [['npm run network -- rm lab back', 'two of them']],
  reconcile: [['npm run network -- reconcile lab', 'after nft flush ruleset']],
} as const;

const CREATE_OPTIONS = {
  subnet: text('CIDR', 'IPv4 addresses, such as 10.4.0.0/24; otherwise a /22 that the host has no route to'),
  gateway: text('ADDRESS', "the bridge's address; otherwise the subnet's first"),
  internal: flag('no way out and no way in'),
  mtu: { value: 'BYTES', help: 'of its links', parse: values.count },
  ipv6: text('CIDR', "IPv6 addresses, such as fd00:4::/64; 'auto' for random ones"),
} as const satisfies Options;

/** What `create` was told. */
export type CreateValues = Values<typeof CREATE_OPTIONS>;

export const NETWORK = command({
  name: 'network',
  summary: 'the networks that containers join',
  description: [
    'A network is a bridge with a pool of addresses and, unless it is internal, a way out. A container joins it by its name: network: { bridge: NAME }. It stays until it is removed; only the default network cofferdam0 comes with its first container and goes with its last.',
  ],
  options: {},
  subcommands: [
    command({
      name: 'ls',
      summary: 'list the networks',
      description: ['One line a network.'],
      options: { json: flag('all about each, as JSON') },
      examples: EXAMPLES.ls,
    }),
    command({
      name: 'inspect',
      summary: 'all about a network, as JSON',
      description: ['With the containers in it, their addresses and their published ports.'],
      options: {},
      words: ['NAME...'],
      examples: EXAMPLES.inspect,
    }),
    command({
      name: 'create',
      summary: 'make a network',
      description: ['Prints its name and its subnets.'],
      options: CREATE_OPTIONS,
      words: ['NAME'],
      examples: EXAMPLES.create,
    }),
    command({
      name: 'rm',
      summary: 'remove networks',
      description: ['While containers are in a network it is not removed.'],
      options: {},
      words: ['NAME...'],
      examples: EXAMPLES.rm,
    }),
    command({
      name: 'reconcile',
      summary: 'put back what somebody took away',
      description: ['The bridge, its addresses, and the firewall table with all published ports.'],
      options: {},
      words: ['NAME...'],
      examples: EXAMPLES.reconcile,
    }),
  ] as readonly Command[],
  examples: [['npm run network -- ls', 'all networks']],
});

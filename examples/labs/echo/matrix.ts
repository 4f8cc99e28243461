/** Who reaches whom: every client against every server, in every setting. */
import { conclude, evidence, type Findings } from './diagnose.ts';
import { closeFirewall } from './firewall.ts';
import type { Place } from './place.ts';

/** A way to a server: by one of its addresses, or by a published port. */
export interface Target {
  name: string;
  /** Where it runs. */
  place: Place;
  /** Its own port there; 0: any, as it is found. */
  port: number;
  /** What a client connects to. */
  reach(client: Place, port: number): { host: string; port: number };
}

/** Who is there. */
export interface Ground {
  clients: readonly Place[];
  targets: readonly Target[];
  /** How long each step of a try may take, milliseconds: an emulated machine thinks slowly. */
  patience: number;
}

export const BINDINGS = ['localhost', '0.0.0.0'] as const;
export const FIREWALLS = ['open', 'closed'] as const;

export interface Setting {
  bound: (typeof BINDINGS)[number];
  firewall: (typeof FIREWALLS)[number];
}

/** One field of the matrix. */
export interface Field extends Setting {
  client: string;
  server: string;
  address: string;
  port: number;
  reachable: boolean;
  /** The server's, when it is reachable. */
  answer?: string;
  /** What was found where it is not, and what that means. */
  findings?: Findings;
  evidence?: string;
  meaning?: string;
}

async function tryOne(client: Place, target: Target, port: number, setting: Setting, patience: number): Promise<Field> {
  const there = target.reach(client, port);
  const field = { ...setting, client: client.name, server: target.name, address: there.host, port: there.port };
  const outcome = await client.agent.tell('ask', { ...there, text: `from ${client.name}`, patience });
  if (outcome.reached) return { ...field, reachable: true, answer: outcome.answer };
  const findings = await client.agent.tell('look', { ...there, patience });
  return { ...field, reachable: false, findings, evidence: evidence(findings), meaning: conclude(findings) };
}

/** The fields of one setting, all at the same time. */
async function trySetting({ clients, targets, patience }: Ground, setting: Setting): Promise<Field[]> {
  const ports = new Map<Place, number>();
  for (const { place, port } of targets)
    if (!ports.has(place)) ports.set(place, await place.agent.tell('serve', { host: setting.bound, port }));
  const opening: (() => Promise<void>)[] = [];
  try {
    if (setting.firewall === 'closed')
      for (const [place, port] of ports) opening.push(await closeFirewall(await place.nft(), port));
    return await Promise.all(
      targets.flatMap((target) =>
        clients.map((client) => tryOne(client, target, ports.get(target.place) as number, setting, patience)),
      ),
    );
  } finally {
    await Promise.all(opening.map((open) => open()));
  }
}

/** Setting by setting. */
export async function* matrix(ground: Ground): AsyncGenerator<Field[]> {
  for (const bound of BINDINGS) for (const firewall of FIREWALLS) yield await trySetting(ground, { bound, firewall });
}

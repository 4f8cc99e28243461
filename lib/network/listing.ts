/** What the kernel says of links, addresses and routes, of this program's network namespace or of another. */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { native, type RawCalls } from '../native.ts';
import type { NamespaceHolder } from '../options/types.ts';
import { FAMILY, NLM, RTM } from './rtnetlink/constants.ts';
import {
  type AddressEntry,
  addressEntry,
  type LinkEntry,
  linkEntry,
  type RouteEntry,
  routeEntry,
} from './rtnetlink/entries.ts';
import { message } from './rtnetlink/message.ts';
import { readDump } from './rtnetlink/read.ts';

/** Whose: a container that runs, a sandbox, or an nsfs path such as '/run/netns/blue'. Default: this program's own. */
export interface ListOptions {
  namespace?: NamespaceHolder | { path: string } | undefined;
}

/** A network interface. */
export interface Link extends Omit<LinkEntry, 'master'> {
  /** The bridge that it belongs to. */
  master: string | undefined;
}

/** An address of an interface. */
export interface LinkAddress extends Omit<AddressEntry, 'index'> {
  interface: string;
}

/** A route of the main table. */
export interface Route extends Omit<RouteEntry, 'index'> {
  interface: string | undefined;
}

/** A change in the midst of a dump makes it contradict itself: then it is asked for again. */
const TRIES = 10;

/** The thread that asks: in the namespace, whatever this program's own is. */
class Asker {
  readonly #raw: RawCalls = native().raw;
  #thread = 0;

  static async in({ namespace }: ListOptions): Promise<Asker> {
    const asker = new Asker();
    const descriptor = namespace && openNetwork(namespace);
    try {
      await asker.call('threadId', []);
      if (descriptor !== undefined) await asker.call('setns', [descriptor, 0]);
      return asker;
    } catch (error) {
      await asker.close();
      throw error;
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  }

  async call(name: string, args: readonly (string | number | Uint8Array)[]): Promise<number> {
    const { thread, value } = await this.#raw.call(this.#thread, name, args);
    this.#thread = thread;
    return value;
  }

  close(): Promise<void> {
    return this.#raw.close(this.#thread);
  }

  /** Bodies of the messages that answer. */
  async dump(type: number, header: number): Promise<Buffer[]> {
    const family = Buffer.alloc(header);
    family.writeUInt8(FAMILY.unspec, 0);
    let bodies: Buffer[] = [];
    for (let tried = 0; tried < TRIES; tried++) {
      const file = await this.call('netlinkDump', [message(type, NLM.DUMP, family)]);
      try {
        // By its path: the descriptor's own position is at the end.
        const dump = readDump(readFileSync(`/proc/self/fd/${file}`));
        bodies = dump.bodies;
        if (!dump.interrupted) break;
      } finally {
        closeSync(file);
      }
    }
    return bodies;
  }
}

const openNetwork = (namespace: NonNullable<ListOptions['namespace']>): number =>
  'openNamespace' in namespace ? namespace.openNamespace('network') : openSync(namespace.path, 'r');

/** One thread for one question. */
export async function asked<Result>(options: ListOptions, ask: (asker: Asker) => Promise<Result>): Promise<Result> {
  const asker = await Asker.in(options);
  try {
    return await ask(asker);
  } finally {
    await asker.close();
  }
}

/** Sizes of ifinfomsg, ifaddrmsg, rtmsg. */
const linksOf = async (asker: Asker): Promise<LinkEntry[]> => (await asker.dump(RTM.GETLINK, 16)).map(linkEntry);
const addressesOf = async (asker: Asker): Promise<AddressEntry[]> =>
  (await asker.dump(RTM.GETADDR, 8)).map(addressEntry).filter((entry) => entry !== undefined);
const routesOf = async (asker: Asker): Promise<RouteEntry[]> =>
  (await asker.dump(RTM.GETROUTE, 12)).map(routeEntry).filter((entry) => entry !== undefined);

const namesOf = (links: readonly LinkEntry[]): ReadonlyMap<number, string> =>
  new Map(links.map(({ index, name }) => [index, name]));

/** Network interfaces, loopback among them. @throws a system error; ERR_CONTAINER_STATE of a container that does not run */
export const listLinks = (options: ListOptions = {}): Promise<Link[]> =>
  asked(options, async (asker) => {
    const links = await linksOf(asker);
    const names = namesOf(links);
    return links.map((link) => ({ ...link, master: link.master === undefined ? undefined : names.get(link.master) }));
  });

/** Addresses of all interfaces. @throws as `listLinks()` */
export const listAddresses = (options: ListOptions = {}): Promise<LinkAddress[]> =>
  asked(options, async (asker) => {
    const names = namesOf(await linksOf(asker));
    return (await addressesOf(asker)).map(({ index, ...rest }) => ({ interface: names.get(index) ?? '', ...rest }));
  });

/** Routes of the main table. @throws as `listLinks()` */
export const listRoutes = (options: ListOptions = {}): Promise<Route[]> =>
  asked(options, async (asker) => {
    const names = namesOf(await linksOf(asker));
    return (await routesOf(asker)).map(({ index, ...rest }) => ({
      ...rest,
      interface: index === undefined ? undefined : names.get(index),
    }));
  });

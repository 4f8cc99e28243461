/** The names of a network: who is called what, as the leases on record say. */
import { isIP } from 'node:net';

/** Somebody in the network. */
export interface Member {
  addresses: readonly string[];
  /** Host name first, then id and aliases. */
  names: readonly string[];
}

/** RFC 1123, section 2.1, and underscores, which containers' names have. */
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** A name as it is compared: lower case, without the root's dot. Undefined for what no name can be. */
export function normalName(text: string): string | undefined {
  const name = text.toLowerCase().replace(/\.$/, '');
  if (name.length === 0 || name.length > 253) return undefined;
  return name.split('.').every((label) => LABEL.test(label)) ? name : undefined;
}

/** What a name or an address is asked of. */
export interface Directory {
  /** Addresses of a name; undefined when nobody is called so. */
  addresses(name: string): readonly string[] | undefined;
  /** The name of an address. */
  name(address: string): string | undefined;
}

/** @param network its name: `web.lab0` is `web` of the network lab0 */
export function directoryOf(members: readonly Member[], network: string): Directory {
  const byName = new Map<string, string[]>();
  const byAddress = new Map<string, string>();
  for (const { addresses, names } of members) {
    const known = names.map(normalName).filter((name) => name !== undefined);
    for (const name of known) byName.set(name, [...(byName.get(name) ?? []), ...addresses]);
    for (const address of addresses) if (known[0] !== undefined) byAddress.set(address, known[0]);
  }
  const suffix = `.${network.toLowerCase()}`;
  return {
    addresses: (name) =>
      byName.get(name) ?? (name.endsWith(suffix) ? byName.get(name.slice(0, -suffix.length)) : undefined),
    name: (address) => byAddress.get(address),
  };
}

/** The address that a name below in-addr.arpa or ip6.arpa stands for (RFC 1035, RFC 3596). */
export function reversedAddress(name: string): string | undefined {
  const [, v4] = /^((?:\d{1,3}\.){4})in-addr\.arpa$/.exec(name) ?? [];
  if (v4 !== undefined) {
    const address = v4.slice(0, -1).split('.').reverse().join('.');
    return isIP(address) === 4 ? address : undefined;
  }
  const [, v6] = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name) ?? [];
  if (v6 === undefined) return undefined;
  const digits = v6.replaceAll('.', '').split('').reverse().join('');
  return digits.match(/.{4}/g)?.join(':');
}

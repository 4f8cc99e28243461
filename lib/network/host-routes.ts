/** Where the host sends packets already: a network's subnet must not be there. */
import { readFileSync } from 'node:fs';
import { formatAddress, Subnet } from './subnet.ts';

export interface HostRoute {
  subnet: Subnet;
  /** The interface that it leads to. */
  link: string;
}

function linesOf(path: string): string[][] {
  try {
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    return lines.map((line) => line.trim().split(/\s+/));
  } catch {
    return [];
  }
}

/** In the machine's byte order, which is little-endian wherever this runs. */
const hexadecimal = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex')).reverse();

const bitsIn = (mask: Uint8Array): number =>
  mask.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);

function routes4(): HostRoute[] {
  return linesOf('/proc/net/route').flatMap(([link = '', destination = '', , , , , , mask = '']) => {
    if (!/^[0-9A-F]{8}$/i.test(mask)) return [];
    const subnet = Subnet.parse(`${formatAddress(hexadecimal(destination))}/${bitsIn(hexadecimal(mask))}`);
    return subnet ? [{ subnet, link }] : [];
  });
}

function routes6(): HostRoute[] {
  return linesOf('/proc/net/ipv6_route').flatMap((fields) => {
    const [destination = '', length = ''] = fields;
    const address = Uint8Array.from(Buffer.from(destination, 'hex'));
    const subnet =
      address.length === 16 ? Subnet.parse(`${formatAddress(address)}/${Number.parseInt(length, 16)}`) : undefined;
    return subnet ? [{ subnet, link: fields[9] ?? '' }] : [];
  });
}

/** The routes of the main table, but for default ones, which every subnet would lie in. */
export const hostRoutes = (family: 4 | 6): HostRoute[] =>
  (family === 4 ? routes4() : routes6()).filter(({ subnet }) => subnet.length > 0);

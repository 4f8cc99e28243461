/**
 * What the network gives each launch: the addresses that it leases, the ports that it chooses. The program of a launch is
 * compiled once for many (lib/launch/prepare.ts), so it has these as marks, at places that both sides know.
 */
import { MOST_GIVEN } from '../program/names.ts';

/** For each interface: IPv4 address as bytes and as text, IPv6 address as bytes and as text. */
export const GIVEN_EACH = 4;
const INTERFACES = 8;
/** Ports come after the interfaces, in the order of the options. */
export const FIRST_PORT = INTERFACES * GIVEN_EACH;
/** How many ports one launch may have chosen. */
export const MOST_CHOSEN = MOST_GIVEN - FIRST_PORT;

/** Bytes as a string of one character each. */
export const asText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

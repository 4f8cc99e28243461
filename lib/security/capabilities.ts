/** The five capability sets of a process, fitted to what can be given. */
import { createError } from '../errors.ts';
import type { NormalizedCapabilities } from '../options/normalized.ts';
import { CAPABILITIES } from '../program/constants.ts';

/** Masks for the wire. Numbers: 41 capabilities fit in the 53 bits of a double, BigInts come only with the kernel's 54th. */
export interface CapabilityMasks {
  bounding: number | bigint;
  effective: number | bigint;
  permitted: number | bigint;
  inheritable: number | bigint;
  ambient: number | bigint;
}

const onWire = (mask: bigint): number | bigint => (mask <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(mask) : mask);

const nameOf = (index: number): string => `CAP_${CAPABILITIES[index] ?? index}`;

/**
 * @param available what can be given, see available.ts. What the default or 'all' has beyond it is left out (root in a
 *   VM or another container often lacks some); what was asked for by name is not.
 * @throws {CofferdamError} ERR_PERMISSION naming the capabilities that this program lacks
 */
export function capabilityMasks(wanted: NormalizedCapabilities, available: bigint): CapabilityMasks {
  const lacking = wanted.required & ~available;
  if (lacking !== 0n) {
    const names = Array.from({ length: 64 }, (_, i) => i).filter((i) => lacking & (1n << BigInt(i)));
    throw createError('ERR_PERMISSION', {
      what: "option 'capabilities'",
      needed: names.map(nameOf).join(', '),
      hint: 'this program does not have it itself: run as root with it, or give a userNamespace',
    });
  }
  return {
    bounding: onWire(wanted.bounding & available),
    effective: onWire(wanted.effective & available),
    permitted: onWire(wanted.permitted & available),
    inheritable: onWire(wanted.inheritable & available),
    ambient: onWire(wanted.ambient & available),
  };
}

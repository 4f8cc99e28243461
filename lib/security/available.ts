/** Which capabilities this program could give to a container: what it has itself, up to the kernel's last one. */
import { readFileSync } from 'node:fs';

export interface CapabilityFacts {
  /** This program's permitted set. */
  permitted: bigint;
  /** This program's bounding set, which no child leaves. */
  bounding: bigint;
  /** Every capability that the kernel knows. */
  known: bigint;
}

/** Pure: from /proc/self/status and /proc/sys/kernel/cap_last_cap. */
export function parseCapabilityFacts(status: string, lastCapability: string): CapabilityFacts {
  const set = (name: string): bigint =>
    BigInt(`0x${new RegExp(`^${name}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1] ?? '0'}`);
  return {
    permitted: set('CapPrm'),
    bounding: set('CapBnd'),
    known: (1n << (BigInt(lastCapability.trim()) + 1n)) - 1n,
  };
}

let facts: CapabilityFacts | undefined;

/**
 * Capabilities that a container can be given. In a user namespace of its own it has all of them, over what the
 * namespace owns; else no more than this program. Read once: a program does not gain capabilities.
 */
export function availableCapabilities(userNamespace: boolean): bigint {
  facts ??= parseCapabilityFacts(
    readFileSync('/proc/self/status', 'utf8'),
    readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8'),
  );
  return userNamespace ? facts.known : facts.permitted & facts.bounding & facts.known;
}

/** What a launch that failed at its network means: which address or port is whose, and what is missing. */
import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { type CofferdamError, createError } from '../errors.ts';
import type { OperationArguments } from '../program/contract.ts';
import type { Operation } from '../program/operation.ts';
import { linkFailure } from './link-failure.ts';
import { listener } from './listener.ts';
import { findNft } from './nft.ts';
import { networksDirectory, portsDirectory } from './paths.ts';
import { holderOf } from './pool.ts';
import { EVERY, parseHeld } from './publish.ts';
import { formatAddress } from './subnet.ts';
import { userModeFailure } from './user-mode.ts';

/** A port that a container has, by the name of its file. */
export function portTaken(name: string): CofferdamError {
  let holder: string | undefined;
  try {
    holder = parseHeld(name, readlinkSync(`${portsDirectory()}/${name}`))?.holder;
  } catch {
    // It was given back meanwhile.
  }
  const [, protocol, port, address] = /^(tcp|udp)-(\d+)-(.+)$/.exec(name) ?? [];
  return createError('ERR_PORT_IN_USE', {
    port,
    protocol,
    address: address === EVERY ? 'every address' : address,
    holder: holder === undefined ? 'another container' : `container '${holder}'`,
  });
}

function hostPortTaken({ address = '', port = '', protocol }: OperationArguments['portCheck']): CofferdamError {
  const name = Number(protocol) === 17 ? 'udp' : 'tcp';
  return createError('ERR_PORT_IN_USE', {
    port,
    protocol: name,
    address: formatAddress(Buffer.from(address as string, 'latin1')),
    holder: listener(name, Number(port)) ?? 'a process of the host',
  });
}

/** A link that was there already: of an address, or of a port. */
function leaseTaken({ path = '' }: OperationArguments['hold']): CofferdamError | undefined {
  if (path.startsWith(portsDirectory())) return portTaken(basename(path));
  if (!path.startsWith(networksDirectory())) return undefined;
  let holder = 'another container';
  try {
    holder = `container '${holderOf(readlinkSync(path))}'`;
  } catch {
    // It was given back meanwhile.
  }
  const [, name, address] = /([^/]+)\/leases\/([^/]+)$/.exec(path) ?? [];
  return createError('ERR_ADDRESS_IN_USE', { address, name, holder });
}

/** What became of a network whose leases are gone. */
function networkGone({ path = '' }: OperationArguments['hold']): CofferdamError | undefined {
  const [, name] = /([^/]+)\/leases\/[^/]+$/.exec(path) ?? [];
  return name !== undefined && path.startsWith(networksDirectory())
    ? createError('ERR_NETWORK_UNKNOWN', { name })
    : undefined;
}

export const nftMissing = (): CofferdamError => createError('ERR_NFT_MISSING', {});

/** The error of an operation of the network's; undefined when it has none of its own. @param messages what nft wrote */
export function networkFailure(operation: Operation | undefined, code: string, messages?: string): Error | undefined {
  switch (operation?.name) {
    case 'hold':
      return code === 'EEXIST'
        ? leaseTaken(operation.args)
        : code === 'ENOENT'
          ? networkGone(operation.args)
          : undefined;
    case 'portCheck':
      return code === 'EADDRINUSE' ? hostPortTaken(operation.args) : undefined;
    case 'netlinkRequest':
      return linkFailure(operation.args, code);
    case 'attend':
      return userModeFailure(operation.args, code, messages);
    case 'run':
      if (code === 'ENOENT' && findNft() === undefined) return nftMissing();
      return createError('ERR_FIREWALL', { code, messages: messages?.trim().split('\n')[0] ?? 'it said nothing' });
    default:
      return undefined;
  }
}

/**
 * Where networks are on record, below the state directory:
 *
 *   networks.lock                       locked by whoever makes or removes a network
 *   networks/NAME/network.json
 *   networks/NAME/leases/ADDRESS        -> who has it
 *   ports/PROTOCOL-PORT-ADDRESS         -> who has it, and where it leads
 *
 * and, as networks that were made by name outlive the machine's start, below the library's directory:
 *
 *   networks/NAME.json
 *
 * A lease is a symbolic link: symlink(2) makes it with its contents in one step, and fails where there is one. So two
 * programs cannot have the same, and no half of one is ever seen. The directory `leases` can be removed only while it is
 * empty: that is the moment from which on nobody can join the network.
 */
import { join } from 'node:path';
import { libraryPath, stateDirectoryPaths } from '../state/directory.ts';

const below = (...names: string[]): string => join(stateDirectoryPaths().run, ...names);

export const lockPath = (): string => below('networks.lock');
export const networksDirectory = (): string => below('networks');
export const networkDirectory = (name: string): string => below('networks', name);
export const recordPath = (name: string): string => below('networks', name, 'network.json');
export const keptDirectory = (): string => join(libraryPath(), 'networks');
export const keptPath = (name: string): string => join(keptDirectory(), `${name}.json`);
export const leasesDirectory = (name: string): string => below('networks', name, 'leases');
export const leasePath = (name: string, address: string): string => below('networks', name, 'leases', address);
export const portsDirectory = (): string => below('ports');
export const portPath = (protocol: string, port: string, address: string): string =>
  below('ports', `${protocol}-${port}-${address}`);
/** A network that is being made: it gets its name when it is whole. */
export const STAGED = '.new-';

/** What a container is called: by itself, and in its networks. */
import type { NormalizedContainer } from '../options/normalized.ts';
import type { LaunchNames } from '../program/names.ts';
import { type Operation, operation } from '../program/operation.ts';

/** What it is called in its networks. */
export const hostnameOf = ({ hostname }: NormalizedContainer, { id }: LaunchNames): string => hostname ?? id;

/** Nothing where they are the host's, unless it was asked for. */
export function hostNames(container: NormalizedContainer, { id }: LaunchNames): Operation[] {
  const { domainname } = container;
  const hostname = container.hostname ?? (container.namespaces.uts === 'new' ? id : undefined);
  return [
    ...(hostname === undefined ? [] : [operation('sethostname', { name: hostname })]),
    ...(domainname === undefined ? [] : [operation('setdomainname', { name: domainname })]),
  ];
}

/** What it means that an interface, its queue or its peer could not be made. */
import { type CofferdamError, createError } from '../errors.ts';
import type { OperationArguments } from '../program/contract.ts';

/** What is missing in a kernel, and what brings it. */
const MISSING: Readonly<Record<string, { codes: readonly string[]; feature: string; module: string; option: string }>> =
  {
    'queue netem': {
      codes: ['ENOENT'],
      feature: 'delay and loss',
      module: 'sch_netem',
      option: 'CONFIG_NET_SCH_NETEM',
    },
    'queue tbf': { codes: ['ENOENT'], feature: 'rate', module: 'sch_tbf', option: 'CONFIG_NET_SCH_TBF' },
    'make macvlan': {
      codes: ['EOPNOTSUPP', 'ENOTSUP'],
      feature: "type 'macvlan'",
      module: 'macvlan',
      option: 'CONFIG_MACVLAN',
    },
    'make vxlan': {
      codes: ['EOPNOTSUPP', 'ENOTSUP'],
      feature: "type 'vxlan'",
      module: 'vxlan',
      option: 'CONFIG_VXLAN',
    },
  };

/** The error of a request to rtnetlink; undefined when it has none of its own. */
export function linkFailure(
  { about = '', link = '', other = '' }: OperationArguments['netlinkRequest'],
  code: string,
): CofferdamError | undefined {
  const missing = Object.entries(MISSING).find(([begin]) => about.startsWith(begin))?.[1];
  if (missing?.codes.includes(code))
    return createError('ERR_UNSUPPORTED', {
      feature: missing.feature,
      reason: `this kernel has no ${missing.module}`,
      hint: `modprobe ${missing.module}, or a kernel with ${missing.option}`,
    });
  const wanted = about.startsWith('move') ? link : other;
  if (code === 'ENODEV' && wanted !== '') return createError('ERR_LINK_UNKNOWN', { name: wanted });
  return undefined;
}

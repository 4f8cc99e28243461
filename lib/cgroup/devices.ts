import type { ResourcesOption } from '../options/types.ts';
import { type Controller, setting, type Write } from './controller.ts';
import { listOf, listWrites } from './devices/list.ts';
import { assemble, encode } from './devices/program.ts';
import { rulesOf, ruleText } from './devices/rules.ts';

type Rules = NonNullable<ResourcesOption['devices']>;

function programWrite(given: Rules, inverse?: Write[]): Write {
  const rules = rulesOf(given);
  const value = rules.map((rule) => `${rule.allow ? 'allow' : 'deny'} ${ruleText(rule)}`).join(', ');
  return { file: 'BPF_CGROUP_DEVICE', value, program: encode(assemble(rules)), ...(inverse && { inverse }) };
}

/** v1 has a controller for devices; on v2 a program that is attached to the cgroup decides. */
export const devices: Controller = {
  name: 'devices',
  everywhere: true,
  settings: [
    setting({
      option: 'devices',
      v1: 'devices.allow, devices.deny',
      v2: 'BPF_CGROUP_DEVICE',
      conversion:
        'v1: a list; v2: an eBPF program; of the rules that match the last one counts, the first are the defaults',
      writes1: (value, _, __, before) =>
        listWrites(listOf(rulesOf(value)), before?.devices && listOf(rulesOf(before.devices))),
      writes2: (value, _, __, before) => [programWrite(value, before?.devices && [programWrite(before.devices)])],
    }),
  ],
};

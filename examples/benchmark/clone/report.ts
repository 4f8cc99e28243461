/** The figures as a page. */
import type { Figures, Times } from './measure.ts';

const ms = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(1));
const kb = (bytes: number): string => `${Math.round(bytes / 1024)} KiB`;
const cells = ({ median, p90 }: Times): string => `${ms(median)} | ${ms(p90)}`;

const verdict = (reached: boolean): string => (reached ? 'reached' : 'not reached');

export function reportText({ machine, copy, many, alive, memory }: Figures): string {
  const [least, most] = [alive[0], alive.at(-1)];
  const lines = [
    '# Detached containers',
    '',
    `By \`npm run bench:clone\` on ${machine.system}, ${machine.cpu}, ${machine.cpus} CPUs, Linux ${machine.kernel.split(' ')[0]}, cgroups ` +
      `${machine.cgroups}, load ${machine.load.toFixed(1)} at the beginning. Library calls, milliseconds; each is ${60} ms after the one before.`,
    '',
    '## An ephemeral copy until its process runs',
    '',
    '|  | median | 90th percentile |',
    '| --- | --: | --: |',
    `| \`clone(source, { ephemeral: true })\` | ${cells(copy.cofferdam)} |`,
    ...(copy.lxc ? [`| \`lxc-copy -e -B overlay\` | ${cells(copy.lxc)} |`] : []),
    '',
    ...(copy.ratio !== undefined
      ? [`${copy.ratio.toFixed(1)} times quicker; the goal of 7 times is ${verdict(copy.ratio >= 7)}.`]
      : ['lxc was not installed: nothing to compare with.']),
    '',
    `${many.count} copies in one call: ${ms(many.milliseconds)} ms, ${ms(many.milliseconds / many.count)} ms each.`,
    '',
    '## With others alive',
    '',
    '| containers | copy, median | 90th percentile | `listContainers()`, median | 90th percentile |',
    '| --: | --: | --: | --: | --: |',
    ...alive.map(({ containers, start, list }) => `| ${containers} | ${cells(start)} | ${cells(list)} |`),
    '',
    `\`listContainers()\` of ${most?.containers}: the goal of 50 ms is ${verdict((most?.list.median ?? 99) < 50)}. A start with ` +
      `${most?.containers} alive takes ${((most?.start.median ?? 0) / (least?.start.median ?? 1)).toFixed(2)} times that with ${least?.containers}.`,
    '',
    '## Memory of one more idle container',
    '',
    '|  |  |',
    '| --- | --: |',
    `| its monitor (PSS) | ${kb(memory.monitor)} |`,
    ...(memory.lxcMonitor === undefined ? [] : [`| LXC's monitor (PSS) | ${kb(memory.lxcMonitor)} |`]),
    `| all of it: monitor, first process and what the kernel has for both | ${kb(memory.all)} |`,
    '',
    `With ${memory.containers} alive. The goal of 100 KB for the monitor is ${verdict(memory.monitor < 100_000)}.`,
    '',
  ];
  return lines.join('\n');
}

/** What the figures of sysbench say, out of the figures themselves. */
import { figure } from '../../report/text.ts';
import { findSeries, type Result, type Timeline } from '../../result.ts';
import { mean, median, standardDeviation } from '../../statistics.ts';
import { timeCondition } from './comparisons.ts';

/** A difference of less than this, or than the noise of the run, is none. */
const NOTHING = 0.03;

const subjectsOf = ({ series }: Result): string[] => [...new Set(series.map(({ subject }) => subject))];

function times(result: Result, section: string, subject: string): number[] {
  return findSeries(result, { section, condition: timeCondition, subject })?.rounds.flat() ?? [];
}

/** Means of a timeline's values over all rounds of a subject. */
function during(timelines: readonly Timeline[], section: string, subject: string, value: string): number {
  const prefix = `${section}, ${subject}, round`;
  return mean(timelines.filter((each) => each.during.startsWith(prefix)).flatMap((each) => each.values[value] ?? []));
}

const per = (ratio: number): string => `${ratio >= 1 ? '+' : '−'}${Math.abs((ratio - 1) * 100).toFixed(1)} %`;

const REASONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  cpu: {
    cofferdam:
      'no difference is to be expected, since its process runs on the host’s kernel and CPU as any other, and namespaces and cgroups cost nothing while a program computes',
    'vm (emulated)':
      'without hardware virtualisation every instruction of the guest is translated; with KVM it would run on the CPU itself',
    'vm (kvm)': 'guest code runs on the CPU itself, and leaves it only for interrupts and page faults',
  },
  fileio: {
    cofferdam:
      'no difference is to be expected, since a bind mount is the host’s own file system: the same system calls reach the same disk without a layer between',
    'vm (emulated)':
      'each request crosses two kernels, the guest’s file system and a virtio queue, and the guest’s part of it is emulated',
    'vm (kvm)':
      'each request crosses two kernels, the guest’s file system and a virtio queue, with exits of the guest for each',
  },
};

const range = (runs: readonly number[]): [least: number, most: number] => [Math.min(...runs), Math.max(...runs)];

/** How the runs of something stand to native's, which were measured twice. */
function verdict(runs: readonly number[], own: readonly number[], again: readonly number[]): string {
  const ratio = median(runs) / median(own);
  const noise = Math.abs(median(again) / median(own) - 1) || 0;
  if (Math.abs(ratio - 1) <= Math.max(NOTHING, noise)) return `no difference beyond noise (${per(ratio)})`;
  const times = `${figure(ratio)} times native’s time`;
  const [least, most] = range(runs);
  const [ownLeast, ownMost] = range([...own, ...again]);
  if (least > ownMost || most < ownLeast) return times;
  return `${times} by the medians, but single runs overlap (${figure(least)} to ${figure(most)} s, native ${figure(ownLeast)} to ${figure(ownMost)} s), so that they show no difference`;
}

export function interpret(result: Result): string[] {
  return ['cpu', 'fileio'].flatMap((section) => {
    const own = times(result, section, 'native');
    if (own.length === 0) return [];
    const again = times(result, section, 'native again');
    const noise = Math.abs(median(again) / median(own) - 1) || 0;
    const lines = [
      `${section}, native: ${figure(mean(own))} s on average, standard deviation ${figure(standardDeviation(own))} s; measured a second time it differs by ${(noise * 100).toFixed(1)} %, which is this run’s noise. The host’s CPUs meanwhile: ${cpu(result, section, 'native')}.`,
    ];
    for (const subject of subjectsOf(result).filter((name) => REASONS[section]?.[name])) {
      const runs = times(result, section, subject);
      if (runs.length === 0) continue;
      lines.push(
        `${section}, ${subject}: ${verdict(runs, own, again)}: ${REASONS[section]?.[subject]}. The host’s CPUs meanwhile: ${cpu(result, section, subject)}.`,
      );
    }
    return lines;
  });
}

function cpu({ timelines }: Result, section: string, subject: string): string {
  const of = (value: string) => during(timelines, section, subject, value);
  if (Number.isNaN(of('user'))) return 'not recorded';
  const disk =
    section === 'fileio'
      ? `; the disk ${of('utilisation').toFixed(0)} % busy, ${figure(of('read'))} MiB/s read and ${figure(of('written'))} written`
      : '';
  return `${of('user').toFixed(0)} % user, ${of('system').toFixed(0)} % system, ${of('iowait').toFixed(0)} % waiting for disks${disk}`;
}

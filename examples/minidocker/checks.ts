/**
 * The lab's checks (course CS580K, project 1): each a command in minidocker's container, what the lab expects of it, and
 * how to see from what came whether it is so.
 */
import { totalmem } from 'node:os';
import type { Container, RunResult } from 'cofferdam';
import type { Check } from '../shared/table.ts';
import { environment, type MinidockerValues } from './container.ts';

/** What a check's command came to. */
type Got = Pick<RunResult, 'stdout' | 'stderr' | 'exitCode' | 'signal' | 'oomKilled'>;

interface Row {
  /** For bash -c. */
  readonly script: string;
  /** As the lab has it, when the script has more around it. */
  readonly shown?: string;
  readonly expected: (values: MinidockerValues) => string;
  /** The part of what came that answers. */
  readonly got: (got: Got) => string;
  readonly ok: (got: Got, values: MinidockerValues) => boolean;
}

const trimmed = ({ stdout, stderr }: Got): string => (stdout || stderr).trim();
const host = (values: MinidockerValues): string => values.ip.split('/')[0] as string;

/** Figures of `top`'s last round for processes of one name: %CPU or %MEM. */
export function figures(top: string, name: string, column: '%CPU' | '%MEM'): number[] {
  const rounds = top.split(/^top - /m);
  const lines = (rounds.at(-1) ?? '').split('\n').map((line) => line.trim().split(/\s+/));
  const index = lines.find((words) => words.includes('PID'))?.indexOf(column) ?? -1;
  return lines.filter((words) => words.at(-1) === name).map((words) => Number(words[index]));
}

/** Most that a limit of `bytes` can show as %MEM: the lab's 0.2 is of a machine with 4 GB. */
export const memoryShare = (bytes: number, total = totalmem()): number => (100 * bytes) / total;

const TOP_TWICE = 'top -b -d 2 -n 2 -w 120';

export const ROWS: readonly Row[] = [
  {
    script: 'hostname',
    expected: ({ hostname }) => hostname,
    got: trimmed,
    ok: (got, { hostname }) => trimmed(got) === hostname,
  },
  {
    script: 'ip -brief addr',
    expected: (values) => `${values.interface} with ${values.ip}`,
    got: ({ stdout }) =>
      stdout
        .trim()
        .split('\n')
        .map((line) => line.replace(/\s+/g, ' ').trim())
        .join('; '),
    ok: ({ stdout }, values) =>
      stdout.split('\n').some((line) => line.startsWith(values.interface) && line.includes(` ${values.ip}`)),
  },
  {
    script: 'ifconfig',
    expected: (values) => `${values.interface} with inet ${host(values)}`,
    got: ({ stdout }) =>
      stdout
        .split('\n')
        .filter((line) => /^\S|inet /.test(line))
        .slice(0, 2)
        .map((line) => line.trim().split(/\s{2,}/)[0])
        .join(' '),
    ok: ({ stdout }, values) => {
      const block = stdout.split('\n\n').find((text) => text.startsWith(`${values.interface}:`));
      return block?.split(/\s+/).includes(host(values)) === true;
    },
  },
  {
    script: 'echo $$',
    expected: () => '1',
    got: trimmed,
    ok: (got) => trimmed(got) === '1',
  },
  {
    // The second command keeps bash from becoming ps itself.
    script: 'ps -ef; true',
    shown: 'ps -ef',
    expected: () => 'two processes, the shell with PID 1 and ps itself',
    got: ({ stdout }) =>
      stdout
        .trim()
        .split('\n')
        .slice(1)
        .map((line) =>
          line
            .replace(/\s+/g, ' ')
            .split(' ')
            .slice(1, 2)
            .concat(line.replace(/\s+/g, ' ').split(' ').slice(7, 8))
            .join(' '),
        )
        .join(', '),
    ok: ({ stdout }) => {
      const pids = stdout
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.trim().split(/\s+/)[1]);
      return pids.length === 2 && pids.includes('1');
    },
  },
  {
    script: 'nproc',
    expected: ({ cpus }) => String(cpus),
    got: trimmed,
    ok: (got, { cpus }) => trimmed(got) === String(cpus),
  },
  {
    script: `/home/loop & /home/loop & ${TOP_TWICE}; kill %1 %2`,
    shown: '/home/loop & /home/loop & top',
    expected: () => 'two of loop, about 50 % of the one CPU each (less on a busy machine, but equal)',
    got: ({ stdout }) =>
      figures(stdout, 'loop', '%CPU')
        .map((share) => `loop ${share} %`)
        .join(', '),
    ok: ({ stdout }) => {
      const [one = 0, two = 0, ...more] = figures(stdout, 'loop', '%CPU');
      const sum = one + two;
      return more.length === 0 && sum > 0 && sum < 115 && Math.abs(one - two) < 0.3 * sum;
    },
  },
  {
    script: 'exec /home/mem',
    shown: '/home/mem',
    expected: ({ memory }) => `killed by the kernel at ${memory / 2 ** 20} MiB: exit status 137`,
    got: ({ stdout, signal, exitCode, oomKilled }) =>
      `${stdout.trim().split('\n').at(-1)}, then ${oomKilled ? 'killed for memory' : 'not killed for memory'}: exit status ${signal === 'SIGKILL' ? 137 : exitCode}`,
    ok: ({ signal, oomKilled }) => oomKilled && signal === 'SIGKILL',
  },
  {
    script: `/home/mem --file /home/mem.data >/dev/null & sleep 3; ${TOP_TWICE}; kill -0 %1 && echo alive; kill %1; rm /home/mem.data`,
    shown: '/home/mem --file /home/mem.data & top',
    expected: ({ memory }) =>
      `alive, with at most ${memoryShare(memory).toFixed(2)} %MEM on this machine of ${(totalmem() / 2 ** 30).toFixed(1)} GiB (${memoryShare(memory, 4 * 2 ** 30).toFixed(1)} on one of 4)`,
    got: ({ stdout, stderr, oomKilled }) =>
      [
        /^alive$/m.test(stdout) ? 'alive' : 'dead',
        ...figures(stdout, 'mem', '%MEM').map((share) => `${share} %MEM`),
        ...(oomKilled ? ['killed for memory'] : []),
        ...(stderr ? [stderr.trim()] : []),
      ].join(', '),
    // top rounds to a tenth.
    ok: ({ stdout, oomKilled }, { memory }) => {
      const [share, ...more] = figures(stdout, 'mem', '%MEM');
      return (
        /^alive$/m.test(stdout) &&
        !oomKilled &&
        share !== undefined &&
        more.length === 0 &&
        share <= memoryShare(memory) + 0.05
      );
    },
  },
];

/** Ask one question in a container that `fresh` makes. */
export async function check(row: Row, values: MinidockerValues, fresh: () => Promise<Container>): Promise<Check> {
  const box = await fresh();
  try {
    const got = await box.run(['/bin/bash', '-c', row.script], { ...environment(), timeout: 30_000 });
    return {
      command: row.shown ?? row.script,
      expected: row.expected(values),
      got: row.got(got) || `nothing (exit status ${got.exitCode})`,
      ok: row.ok(got, values),
    };
  } finally {
    await box.remove();
  }
}

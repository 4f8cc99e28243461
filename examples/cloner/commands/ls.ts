/** `cloner ls`, with LXC's columns. */
import type { Invocation } from '../../shared/command-line.ts';
import { type Row, rowsOf } from '../list.ts';
import { defaultPath } from '../places.ts';
import type { ColumnName, LS } from '../table/look.ts';
import { columns, grid } from '../table.ts';

type Values = Invocation<(typeof LS)['options']>['values'];

const NOTHING = '-';
/** Mebibytes, as LXC has it. */
const mebibytes = (bytes: number | null): string => (bytes === null ? NOTHING : `${(bytes / 2 ** 20).toFixed(2)}MB`);
const several = (texts: readonly string[]): string => texts.join(', ') || NOTHING;

const TEXTS: Readonly<Record<ColumnName, (row: Row) => string>> = {
  NAME: ({ name }) => name,
  STATE: ({ state }) => state,
  PID: ({ pid }) => (pid === null ? NOTHING : String(pid)),
  RAM: ({ memory }) => mebibytes(memory),
  SWAP: ({ swap }) => mebibytes(swap),
  AUTOSTART: ({ autostart }) => (autostart ? '1' : '0'),
  GROUPS: ({ groups }) => several(groups),
  INTERFACE: ({ interfaces }) => several(interfaces),
  IPV4: ({ ipv4 }) => several(ipv4),
  IPV6: ({ ipv6 }) => several(ipv6),
  UNPRIVILEGED: ({ unprivileged }) => String(unprivileged),
};

const FANCY: readonly ColumnName[] = ['NAME', 'STATE', 'AUTOSTART', 'GROUPS', 'IPV4', 'IPV6', 'UNPRIVILEGED'];

/** Of several states any will do; of the rest all must hold. */
function isWanted(row: Row, values: Values): boolean {
  const states = [
    values.active && row.state !== 'STOPPED',
    values.running && row.state === 'RUNNING',
    values.frozen && row.state === 'FROZEN',
    values.stopped && row.state === 'STOPPED',
  ];
  const anyState = !values.active && !values.running && !values.frozen && !values.stopped;
  return (
    (anyState || states.includes(true)) &&
    (values.filter?.test(row.name) ?? true) &&
    (values.groups?.every((group) => row.groups.includes(group)) ?? true)
  );
}

export async function ls({ values }: Invocation<(typeof LS)['options']>): Promise<number> {
  const shown = values['fancy-format'] ?? FANCY;
  const usage = values.json || shown.includes('RAM') || shown.includes('SWAP');
  const rows = (await rowsOf(values.lxcpath ?? defaultPath(), usage)).filter((row) => isWanted(row, values));
  const print = (text: string) => void process.stdout.write(`${text}\n`);
  if (values.json) print(JSON.stringify(rows, null, 2));
  else if (values.fancy || values['fancy-format']) {
    if (rows.length > 0)
      for (const line of columns(
        shown,
        rows.map((row) => shown.map((name) => TEXTS[name](row))),
      ))
        print(line);
  } else if (values.line) for (const { name } of rows) print(name);
  else
    for (const line of grid(
      rows.map(({ name }) => name),
      process.stdout.columns ?? 80,
    ))
      print(line);
  return 0;
}

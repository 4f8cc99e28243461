/** A setting of the matrix, as text. */
import type { Style } from '../../shared/command-line.ts';
import type { Field } from './matrix.ts';

const unique = (texts: readonly string[]): string[] => [...new Set(texts)];

/** One table: a row a client, a column a server; then each no with what was found. */
export function tableOf(fields: readonly Field[], { bold, dim, green, red }: Style): string[] {
  const [{ bound, firewall } = { bound: '', firewall: '' }] = fields;
  const servers = unique(fields.map(({ server }) => server));
  const clients = unique(fields.map(({ client }) => client));
  const first = Math.max(...clients.map((name) => `from ${name}`.length));
  const widths = servers.map((name) => Math.max(`to ${name}`.length, 'not reachable'.length));
  const line = (head: string, cells: readonly string[], paint: (cell: string) => string = (cell) => cell) =>
    `  ${head.padEnd(first)}  ${cells.map((cell, index) => paint(cell.padEnd(widths[index] ?? 0))).join('  ')}`.trimEnd();
  const cell = (client: string, server: string) =>
    fields.find((field) => field.client === client && field.server === server)?.reachable
      ? 'reachable'
      : 'not reachable';
  const paint = (text: string) => (text.startsWith('not') ? red(text) : green(text));
  return [
    bold(`server bound to ${bound}, firewall ${firewall}`),
    line(
      '',
      servers.map((name) => `to ${name}`),
      dim,
    ),
    ...clients.map((client) =>
      line(
        `from ${client}`,
        servers.map((server) => cell(client, server)),
        paint,
      ),
    ),
    ...fields
      .filter(({ reachable }) => !reachable)
      .map(
        ({ client, server, address, port, evidence, meaning }) =>
          `  no: ${client} → ${server} (${address}:${port}): ${evidence}: ${meaning}`,
      ),
  ];
}

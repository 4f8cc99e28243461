/** Columns of text. */

/** Three digits that count, but no more places than microseconds have. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const places = value === 0 ? 2 : Math.min(3, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))));
  return value.toFixed(places);
}

export interface Column {
  width: number;
  align: 'left' | 'right';
}

/** A cell that does not fit pushes the rest to the right rather than being cut. */
export const row = (columns: readonly Column[], cells: readonly string[]): string =>
  columns
    .map(({ width, align }, index) => {
      const cell = cells[index] ?? '';
      return align === 'left' ? cell.padEnd(width) : cell.padStart(width);
    })
    .join('')
    .trimEnd();

/** A Markdown table; the first column is text, the others are numbers. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [
    line(head),
    `|${head.map((_, index) => (index === 0 ? ' --- |' : ' ---: |')).join('')}`,
    ...rows.map(line),
  ].join('\n');
}

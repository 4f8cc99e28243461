/** Columns of text. */

/** Three digits that count, but no more places than microseconds have. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const places = value === 0 ? 2 : Math.min(3, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))));
  return value.toFixed(places);
}

/** '45 s', '3 min'. */
export const duration = (seconds: number): string =>
  seconds < 90 ? `${Math.max(5, Math.ceil(seconds / 5) * 5)} s` : `${Math.ceil(seconds / 60)} min`;

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

/** Rows of text in columns. */

/** The headings and the rows, each column as wide as its widest text. @param gap Between columns. */
export function columns(headings: readonly string[], rows: readonly (readonly string[])[], gap = ' '): string[] {
  const widths = headings.map((heading, index) =>
    Math.max(heading.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  return [headings, ...rows].map((row) =>
    row
      .map((text, index) => text.padEnd(widths[index] as number))
      .join(gap)
      .trimEnd(),
  );
}

/** As many columns as fit, filled from top to bottom, as ls(1) has it. */
export function grid(texts: readonly string[], width: number): string[] {
  const cell = Math.max(0, ...texts.map((text) => text.length)) + 1;
  const across = Math.max(1, Math.floor(width / cell));
  const height = Math.ceil(texts.length / across);
  return Array.from({ length: height }, (_, line) =>
    texts
      .filter((_, index) => index % height === line)
      .map((text) => text.padEnd(cell))
      .join('')
      .trimEnd(),
  );
}

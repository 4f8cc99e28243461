const UNITS = ['', 'K', 'M', 'G', 'T'] as const;

/** At most six characters: '0', '512', '1.5K', '1023M'. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1023.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const text = unit === 0 || value >= 9.95 ? String(Math.round(value)) : value.toFixed(1);
  return `${text}${UNITS[unit]}`;
}

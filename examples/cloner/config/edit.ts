/** Changes to the text of a configuration that leave everything else of it, comments too, as a person wrote it. */
import { linesOf, written } from './lines.ts';

/** The values of a key in the text itself, includes not followed. */
export const valuesIn = (text: string, key: string): string[] =>
  linesOf(text).flatMap((line) => (line.key === key ? [line.value ?? ''] : []));

/** Give a key one value: where it stands last, else at the end. */
export function withValue(text: string, key: string, value: string): string {
  const lines = linesOf(text);
  const last = lines.findLastIndex((line) => line.key === key);
  if (last < 0) return `${text.replace(/\n*$/, '\n')}${written(key, value)}\n`;
  return lines.map((line, index) => (index === last ? written(key, value) : line.text)).join('\n');
}

/** Each value of the keys that `matches`, as `change` has it; undefined takes the line away. */
export function mapValues(
  text: string,
  matches: (key: string) => boolean,
  change: (value: string, key: string) => string | undefined,
): string {
  return linesOf(text)
    .flatMap(({ text: whole, key, value = '' }) => {
      if (key === undefined || !matches(key)) return [whole];
      const changed = change(value, key);
      if (changed === undefined) return [];
      return [changed === value ? whole : written(key, changed)];
    })
    .join('\n');
}

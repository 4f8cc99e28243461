/** LXC's configuration format, lxc.container.conf(5): a `key = value` a line, `#` before a comment. */

/** One line. A line without a key is empty or a comment; one that is neither is `strange`. */
export interface Line {
  readonly text: string;
  readonly key?: string;
  readonly value?: string;
  readonly strange?: true;
}

/** Blanks around a value go, and then one pair of quotes around the rest, as LXC does it. */
function unquoted(value: string): string {
  const text = value.trim();
  const [, inner] = /^(?:"(.*)"|'(.*)')$/s.exec(text)?.filter((part) => part !== undefined) ?? [];
  return inner ?? text;
}

function lineOf(text: string): Line {
  const content = text.trim();
  if (content === '' || content.startsWith('#')) return { text };
  const split = content.indexOf('=');
  if (split <= 0) return { text, strange: true };
  return { text, key: content.slice(0, split).trim(), value: unquoted(content.slice(split + 1)) };
}

/** Every line of a file, so that joined again they are the file. */
export const linesOf = (text: string): Line[] => text.split('\n').map((each) => lineOf(each.replace(/\r$/, '')));

/** A line to be written. A value with blanks or quotes at its ends would lose them. */
export function written(key: string, value: string): string {
  const kept = unquoted(value) === value && value.trim() === value;
  return value === '' ? `${key} =` : `${key} = ${kept ? value : `"${value}"`}`;
}

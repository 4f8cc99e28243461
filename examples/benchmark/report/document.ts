/** A report before it is Markdown or HTML. */

export type Block =
  | { kind: 'heading'; level: 2 | 3; text: string }
  | { kind: 'paragraph'; text: string }
  | { kind: 'list'; items: readonly string[] }
  /** The first column is text, the others are numbers unless `text`. */
  | { kind: 'table'; head: readonly string[]; rows: readonly (readonly string[])[]; text?: boolean }
  | { kind: 'commands'; lines: readonly string[] }
  /** `about`: what it shows, for those who cannot see it. */
  | { kind: 'plot'; about: string; svg: string }
  /** Long, and not for everybody: closed at first where that can be. */
  | { kind: 'more'; text: string; blocks: readonly Block[] };

export interface Report {
  readonly title: string;
  readonly blocks: readonly Block[];
}

export const heading = (text: string, level: 2 | 3 = 2): Block => ({ kind: 'heading', level, text });
export const paragraph = (text: string): Block => ({ kind: 'paragraph', text });
export const list = (items: readonly string[]): Block => ({ kind: 'list', items });
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): Block => ({
  kind: 'table',
  head,
  rows,
});
/** Two columns of text. */
export const facts = (rows: readonly (readonly string[])[]): Block => ({
  kind: 'table',
  head: ['', ''],
  rows,
  text: true,
});

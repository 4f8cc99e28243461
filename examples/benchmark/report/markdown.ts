/** A report as Markdown: all of it but the plots, which are in the page beside it. */
import type { Block, Report } from './document.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** The first column is text, the others are numbers unless `text`. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { text = false }: { text?: boolean | undefined } = {},
): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  const rule = head.map((_, index) => (index === 0 || text ? ' --- |' : ' ---: |')).join('');
  return [line(head), `|${rule}`, ...rows.map(line)].join('\n');
}

function markdownOf(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `${'#'.repeat(block.level)} ${block.text}`;
    case 'paragraph':
      return block.text;
    case 'list':
      return block.items.map((item) => `- ${item}`).join('\n');
    case 'table':
      return markdownTable(block.head, block.rows, block);
    case 'commands':
      return ['```sh', ...block.lines, '```'].join('\n');
    case 'plot':
      return `*Plot in report.html: ${block.about}*`;
    case 'more':
      return [`### ${block.text}`, ...block.blocks.map(markdownOf)].join('\n\n');
  }
}

export const markdownReport = ({ title, blocks }: Report): string =>
  `${[`# ${title}`, ...blocks.map(markdownOf)].join('\n\n')}\n`;

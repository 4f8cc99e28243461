/** A report as one page that needs nothing else: no script, no font, no picture from anywhere. */
import type { Block, Report } from './document.ts';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
export const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => ESCAPES[character] as string);

const STYLE = `
:root { color-scheme: light; font: 16px/1.5 system-ui, sans-serif; color: #1b1b1b; background: #fff; }
body { max-width: 58rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 .6rem; border-bottom: 1px solid #ccc; padding-bottom: .2rem; }
h3 { font-size: 1.05rem; margin: 1.6rem 0 .5rem; }
table { border-collapse: collapse; margin: .6rem 0 1.2rem; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .7rem .2rem 0; text-align: right; vertical-align: top; border-bottom: 1px solid #e4e4e4; }
th { font-weight: 600; border-bottom-color: #999; }
th:first-child, td:first-child, table.text th, table.text td { text-align: left; }
td:first-child { overflow-wrap: anywhere; }
figure { margin: 1rem 0 1.5rem; overflow-x: auto; }
figure svg { max-width: 100%; height: auto; }
figcaption { font-size: .9rem; color: #444; }
pre { background: #f4f4f4; padding: .7rem; overflow-x: auto; font-size: .85rem; line-height: 1.45; }
details { margin: .6rem 0; } summary { cursor: pointer; font-weight: 600; }
`;

function tableOf({ head, rows, text }: Extract<Block, { kind: 'table' }>): string {
  const line = (cells: readonly string[], tag: 'th' | 'td') =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`;
  const top = head.some(Boolean) ? `<thead>${line(head, 'th')}</thead>` : '';
  return `<table${text ? ' class="text"' : ''}>${top}<tbody>\n${rows.map((row) => line(row, 'td')).join('\n')}\n</tbody></table>`;
}

function htmlOf(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `<h${block.level}>${escaped(block.text)}</h${block.level}>`;
    case 'paragraph':
      return `<p>${escaped(block.text)}</p>`;
    case 'list':
      return `<ul>\n${block.items.map((item) => `<li>${escaped(item)}</li>`).join('\n')}\n</ul>`;
    case 'table':
      return tableOf(block);
    case 'commands':
      return `<pre>${escaped(block.lines.join('\n'))}</pre>`;
    case 'plot':
      return `<figure>${block.svg}<figcaption>${escaped(block.about)}</figcaption></figure>`;
    case 'more':
      return `<details><summary>${escaped(block.text)}</summary>\n${block.blocks.map(htmlOf).join('\n')}\n</details>`;
  }
}

export const htmlReport = ({ title, blocks }: Report): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
${blocks.map(htmlOf).join('\n')}
</body>
</html>
`;

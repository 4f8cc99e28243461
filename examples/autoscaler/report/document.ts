/** A document of headings, paragraphs, tables and plots, as Markdown and as one HTML page that needs nothing else. */

export type Block =
  | { heading: string; level: 1 | 2 | 3 }
  | { text: string }
  | { table: readonly (readonly string[])[] }
  | { code: string }
  /** An SVG; in Markdown it is a file beside it. */
  | { plot: string; name: string; about: string };

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const escapeCell = (text: string): string => text.replaceAll('|', '\\|');

export function markdown(blocks: readonly Block[]): string {
  return `${blocks
    .map((block) => {
      if ('heading' in block) return `${'#'.repeat(block.level)} ${block.heading}`;
      if ('text' in block) return block.text;
      if ('code' in block) return `\`\`\`\n${block.code.trimEnd()}\n\`\`\``;
      if ('plot' in block) return `![${block.about}](${block.name}.svg)`;
      const [head = [], ...rows] = block.table;
      const line = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(' | ')} |`;
      return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
    })
    .join('\n\n')}\n`;
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;color:#1b2733;max-width:1080px;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0}th,td{border-bottom:1px solid #d5dce3;padding:.3rem .8rem .3rem 0;text-align:left;vertical-align:top}
figure{margin:1rem 0;overflow-x:auto}figure svg{max-width:100%;height:auto}figcaption{color:#5c6b7a;font-size:.9rem}
pre{background:#f4f6f8;padding:.75rem;overflow-x:auto;font-size:.85rem}.wrong{color:#b02020;font-weight:600}
@media print{body{margin:0;max-width:none}figure{break-inside:avoid}h2{break-before:auto}}`;

export function html(title: string, blocks: readonly Block[]): string {
  const body = blocks.map((block) => {
    if ('heading' in block) return `<h${block.level}>${escapeHtml(block.heading)}</h${block.level}>`;
    if ('text' in block) return `<p>${escapeHtml(block.text)}</p>`;
    if ('code' in block) return `<pre>${escapeHtml(block.code.trimEnd())}</pre>`;
    if ('plot' in block)
      return `<figure role="img" aria-label="${escapeHtml(block.about)}">${block.plot}<figcaption>${escapeHtml(block.about)}</figcaption></figure>`;
    const cell = (tag: string, text: string): string =>
      `<${tag}${text === 'NOT ok' ? ' class="wrong"' : ''}>${escapeHtml(text)}</${tag}>`;
    const row = (tag: string, cells: readonly string[]): string =>
      `<tr>${cells.map((text) => cell(tag, text)).join('')}</tr>`;
    const [head = [], ...rows] = block.table;
    return `<table><thead>${row('th', head)}</thead><tbody>${rows.map((cells) => row('td', cells)).join('')}</tbody></table>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body>
${body.join('\n')}
</body></html>
`;
}

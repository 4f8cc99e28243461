/** HAProxy's statistics: comma-separated, the names of the columns in the first line after '# '. */

/** Fields of one line; a quoted one may hold commas, and quotes twice. */
export function parseLine(line: string): string[] {
  const fields: string[] = [];
  for (let at = 0; at <= line.length; at++) {
    if (line[at] === '"') {
      let text = '';
      for (at++; at < line.length; at++) {
        if (line[at] !== '"') text += line[at];
        else if (line[at + 1] === '"') text += line[at++];
        else break;
      }
      fields.push(text);
      at++;
    } else {
      const end = line.indexOf(',', at);
      const stop = end < 0 ? line.length : end;
      fields.push(line.slice(at, stop));
      at = stop;
    }
  }
  return fields;
}

/** Lines as records by the columns' names. */
export function parseCsv(text: string): Record<string, string>[] {
  const [head, ...lines] = text.split('\n').filter((line) => line !== '');
  if (!head?.startsWith('# ')) throw new Error(`these are no statistics of HAProxy: ${text.slice(0, 80)}`);
  const names = parseLine(head.slice(2));
  return lines.map((line) => {
    const fields = parseLine(line);
    return Object.fromEntries(names.flatMap((name, i) => (name === '' ? [] : [[name, fields[i] ?? '']])));
  });
}

/** Manual pages and completions are those of the present tables. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { pages } from '../../../scripts/command-line/pages.ts';

const top = new URL('../../../', import.meta.url);

for (const [path, text] of pages())
  t.equal(readFileSync(new URL(path, top), 'utf8'), text, `${path}: run node scripts/generate-man.js`);

/** What bash offers for the last of `words`. */
function offered(...words: string[]): string[] {
  const script = `source completions/${words[0]}.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _${words[0]}; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', script, 'bash', ...words], { cwd: top, encoding: 'utf8' })
    .split('\n')
    .filter(Boolean);
}

t.test('bash completes commands, options and values', async (t) => {
  t.strictSame(offered('minidocker', '--mem'), ['--memory']);
  t.strictSame(offered('minidocker', '--memory', '1'), ['10M', '1G']);
  t.strictSame(offered('cofferdam', ''), ['probe', 'ls', 'logs', 'autostart', 'gc', '--help', '-h', '--version']);
  t.strictSame(offered('cofferdam', 'gc', '--d'), ['--dry-run']);
});

/** Scripts that build in one tree take turns. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';

const MODULE = new URL('../../../scripts/setup/alone.js', import.meta.url).href;

/** A program that has the lock until its standard input ends. */
const program = (directory: string, name: string): string => `
  import { appendFileSync, readFileSync } from 'node:fs';
  import { alone } from '${MODULE}';
  alone(() => {
    appendFileSync('${directory}/log', '${name} begins\\n');
    console.log('has it');
    readFileSync(0);
    appendFileSync('${directory}/log', '${name} ends\\n');
  }, '${directory}');`;

const run = (source: string) => spawn(process.execPath, ['--input-type=module', '--eval', source], { stdio: 'pipe' });

t.test('who comes second says that it waits, and has its turn when the first has ended or was killed', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'cofferdam-alone-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const [first, second] = [run(program(directory, 'a')), run(program(directory, 'b'))];
  const [earlier, later] = await Promise.race([
    once(first.stdout, 'data').then(() => [first, second] as const),
    once(second.stdout, 'data').then(() => [second, first] as const),
  ]);
  const [text] = await once(later.stderr, 'data');
  t.match(String(text), /another script is building in this tree/);
  earlier.stdin.end();
  await once(later.stdout, 'data');
  t.match(readFileSync(join(directory, 'log'), 'utf8'), /^(.) begins\n\1 ends\n. begins\n$/);
  later.kill('SIGKILL');
  await once(later, 'close');
  const again = run(program(directory, 'c'));
  again.stdin.end();
  t.strictSame(await once(again, 'close'), [0, null]);
  t.match(readFileSync(join(directory, 'log'), 'utf8'), /c begins\nc ends\n$/);
});

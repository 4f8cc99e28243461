/** The labs as a student runs them: the pages' commands print what the pages say, and the matrix is what it must be. */
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { typescriptFlags } from '../../scripts/setup/flags.js';
import { audited } from '../support/audit.ts';
import { example, isAsExpected, stepsOf, top } from '../support/command.ts';

const missing = ['ip', 'nft', 'ping'].filter((program) => spawnSync(program, ['-V']).error);
const reason = missing.length > 0 ? `not installed: ${missing.join(', ')}` : false;

/** A program that goes on, its first line, and its end. */
async function started(path: string, ...words: string[]) {
  const child = spawn(process.execPath, [...typescriptFlags(), path, ...words], {
    cwd: top,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.on('exit', (code) => resolve(code)));
  for await (const line of createInterface({ input: child.stdout }))
    return {
      line,
      async end() {
        child.kill('SIGTERM');
        return ended;
      },
    };
  throw new Error(`${path} ended with ${await ended}`);
}

for (const page of readdirSync(new URL('docs/labs/', top)))
  for (const { command, expected } of stepsOf(`docs/labs/${page}`))
    audited(
      `${page}: ${command}`,
      async (t) => {
        const { all } = await execa('bash', ['-c', command], {
          cwd: top,
          all: true,
          stdin: 'ignore',
          reject: false,
          timeout: 240_000,
        });
        t.ok(isAsExpected(all, expected), { expected, got: all.split('\n') });
      },
      reason,
    );

audited('lab:echo by hand', async (t) => {
  const server = await started('examples/labs/echo.ts', 'server', '--host', 'localhost', '--port', '0');
  t.match(server.line, /^Listening on localhost:\d+$/);
  const port = server.line.split(':')[1] as string;
  const client = await example('examples/labs/echo.ts', ['client', 'localhost', port, 'hello', 'there']);
  t.match(client, { stdout: 'Message received: hello there', exitCode: 0 });
  t.equal(await server.end(), 0, 'a signal ends it');
  const alone = await example('examples/labs/echo.ts', ['client', '127.0.0.1', port, 'hello']);
  t.match(alone, { stdout: '', stderr: /refused: nothing listens there/, exitCode: 1 });
  t.match(await example('examples/labs/echo.ts', ['client', 'localhost']), { stderr: /needs PORT/, exitCode: 2 });
});

audited('lab:clock by hand', async (t) => {
  const server = await started('examples/labs/clock.ts', 'server', '--port', '0', '--skew=-90s');
  const port = /:(\d+),/.exec(server.line)?.[1] as string;
  const { stdout, exitCode } = await example('examples/labs/clock.ts', ['client', 'abc1', '127.0.0.1', port]);
  t.equal(exitCode, 0);
  t.match(
    stdout,
    /^T1 .*\nT2 .*\nT3 .*\nT4 .*\nround trip .*\nserver time .*\noffset .* -\d+\.\d+ s ± .*\n.*slip of sign/,
  );
  t.equal(await server.end(), 0);
});

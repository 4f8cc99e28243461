// One test file as a process: its TAP to the collector, the rest kept for when it fails.
import { spawn } from 'node:child_process';
import { typescriptFlags } from '../setup/flags.js';
import { tree } from '../setup/tree.js';
import { collect } from './collect.js';
import { asPlainUser } from './plain-user.js';

/** Beyond the tests' own time limit, for a process that hangs whole; then this long again before it is killed. */
const GRACE = 10;

/** What runs a test file, or any other of the tree. */
export const command = (file) =>
  file.endsWith('.ts') ? [process.execPath, ...typescriptFlags(), file] : [`${tree}/${file}`];

/**
 * @param {string} file relative to the tree
 * @param {{ timeout: number, env?: object, plainUser?: boolean }} options timeout in seconds; plainUser: root gives it to one
 * @returns {Promise<{ file: string, tests: import('./collect.js').Test[], output: string, duration: number }>}
 */
export async function runFile(file, { timeout, env = {}, plainUser = false }) {
  const began = Date.now();
  const { parser, finish } = collect(file);
  const output = [];
  const [program, ...args] = plainUser && process.geteuid() === 0 ? asPlainUser(command(file)) : command(file);
  const child = spawn(program, args, {
    cwd: tree,
    // tap gives up on a test, with its name, after TAP_TIMEOUT seconds.
    env: { ...process.env, TAP_TIMEOUT: String(timeout), NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const late = setTimeout(() => child.kill('SIGTERM'), (timeout + GRACE) * 1000);
  const dead = setTimeout(() => child.kill('SIGKILL'), (timeout + 2 * GRACE) * 1000);
  parser.on('extra', (text) => output.push(text));
  child.stderr.setEncoding('utf8').on('data', (text) => output.push(text));
  child.stdout.setEncoding('utf8').on('data', (text) => parser.write(text));
  // Whatever the file left running may hold the pipes open: they are not waited for.
  child.once('exit', () => {
    const drained = setTimeout(() => [child.stdout, child.stderr].forEach((stream) => void stream.destroy()), 2000);
    child.once('close', () => clearTimeout(drained));
  });
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (...status) => resolve(status));
  });
  clearTimeout(late);
  clearTimeout(dead);
  const complete = await new Promise((resolve) => {
    parser.once('complete', resolve);
    parser.end();
  });
  const tests = finish(code === 0 && complete.ok, ending(code, signal, Date.now() - began));
  return { file, tests, output: output.join(''), duration: Date.now() - began };
}

/** What to say of a file that failed without a test that did. */
function ending(code, signal, duration) {
  if (signal) return `ended by ${signal} after ${Math.round(duration / 1000)} s`;
  return code === 0 ? 'ended before its plan was fulfilled' : `ended with status ${code}`;
}

/** Command lines by their tables. */
import t from 'tap';
import { type Command, command, flag, UsageError } from '../../../lib/cli/command.ts';
import { help } from '../../../lib/cli/help.ts';
import { run, STATUS, statusOf, statusOfExit } from '../../../lib/cli/main.ts';
import { parse } from '../../../lib/cli/parse.ts';
import { style } from '../../../lib/cli/style.ts';
import { nonEmpty, size } from '../../../lib/cli/values.ts';

const RUNS = command({
  name: 'box',
  summary: 'run things',
  description: ['Run COMMAND.'],
  options: {
    memory: { value: 'SIZE', help: 'limit', default: '10M', parse: size },
    rootfs: { value: 'DIR', help: 'the root', short: 'r', parse: nonEmpty },
    trace: flag('say how long it took', 't'),
  },
  runs: '[-- COMMAND ARG...]',
  examples: [['box -- ls', 'lists']],
});
const QUIET = command({ name: 'quiet', summary: 's', description: ['d'], options: {}, examples: [['quiet', 'x']] });

const parsed = (...words: string[]) => parse(RUNS, words);

t.test('defaults, given values, flags and the command after --', async (t) => {
  t.match(parsed(), { values: { memory: 10 * 2 ** 20, rootfs: undefined, trace: false }, rest: [], asks: undefined });
  const { values, rest } = parsed('--memory', '1G', '-r', '/x', '-t', '--', 'ls', '--memory', '--', '-l');
  t.match(values, { memory: 2 ** 30, rootfs: '/x', trace: true });
  t.strictSame(rest, ['ls', '--memory', '--', '-l']);
  t.equal(parsed('--memory=5', '--memory=6').values.memory, 6, 'the last one counts');
});

t.test('what is wrong is said in terms of the line', async (t) => {
  const table: readonly (readonly [string[], RegExp])[] = [
    [['10M'], /unexpected word '10M'.*npm.*'--'/],
    [['--memory', '10X'], /^--memory: '10X' is not a size/],
    [['--memory'], /--memory needs a value: --memory SIZE/],
    [['--memory', '--trace'], /--memory needs a value/],
    [['--memry', '1'], /unknown option '--memry'; did you mean '--memory'\?/],
    [['-x'], /unknown option '-x'/],
    [['--trace=yes'], /--trace takes no value/],
    [['--rootfs', ''], /--rootfs: must not be empty/],
    [['--__proto__', 'x'], /unknown option/],
    [['--constructor'], /unknown option/],
  ];
  for (const [words, message] of table) t.throws(() => parsed(...words), message, words.join(' '));
  t.throws(() => parse(QUIET, ['--', 'x']), /takes options only/);
});

t.test('words', async (t) => {
  const some = command({ ...QUIET, name: 'some', words: ['NAME', '[PORT]'] });
  const many = command({ ...QUIET, name: 'many', words: ['TEXT...'] });
  t.strictSame(parse(some, ['web', '80']).words, ['web', '80']);
  t.strictSame(parse(some, ['web']).words, ['web']);
  t.strictSame(parse(many, ['a', 'b', 'c']).words, ['a', 'b', 'c']);
  t.throws(() => parse(some, []), /^needs NAME: some \[OPTIONS\] NAME \[PORT\]/);
  t.throws(() => parse(some, ['a', 'b', 'c']), /unexpected word 'c'; some takes no more than NAME \[PORT\]/);
  t.throws(() => parse(many, []), /needs TEXT/);
  t.equal(parse(some, ['--help']).asks, 'help', 'asks for no words');
  t.match(help(some as Command), 'Usage: some [OPTIONS] NAME [PORT]');
});

t.test('a subcommand is named with its parents', async (t) => {
  t.throws(() => parse(RUNS, ['ls'], ['docks']), /docks box \[OPTIONS\] -- ls ….*npm run docks -- box --OPTION/);
});

t.test('options that repeat', async (t) => {
  const several = command({
    ...QUIET,
    options: { set: { value: 'KEY', help: 'h', repeats: true, short: 's', parse: nonEmpty } },
  });
  t.strictSame(parse(several, ['-s', 'a', '--set=b']).values.set, ['a', 'b']);
  t.strictSame(parse(several, []).values.set, []);
  t.throws(() => parse(several, ['--set=']), /--set: must not be empty/);
});

t.test('--help and --version win over what comes later', async (t) => {
  t.equal(parsed('--help', '--nonsense').asks, 'help');
  t.equal(parsed('--version', 'word').asks, 'version');
  t.equal(parsed('--memory', '10X', '-h').asks, 'help');
  const text = help(RUNS as Command);
  for (const part of [
    'Usage: box [OPTIONS] [-- COMMAND ARG...]',
    '--memory SIZE',
    '(default 10M)',
    '-r, --rootfs DIR',
    'box -- ls',
    'wrong usage',
  ])
    t.match(text, part);
  t.ok(
    text.split('\n').every((line) => line.length <= 100),
    'fits a terminal',
  );
});

async function outcome(words: string[], work: () => number | Promise<number>) {
  const told = { out: '', err: '' };
  const status = await run(RUNS, '1.2.3', words, work, {
    out(text) {
      told.out += text;
    },
    err(text) {
      told.err += text;
    },
  });
  return { status, ...told };
}

t.test('exit statuses; results on stdout, all else on stderr', async (t) => {
  const never = () => t.fail('must not work') as never;
  t.match(await outcome(['--version'], never), { status: 0, out: 'box 1.2.3\n', err: '' });
  t.match(await outcome(['--memory', 'x'], never), {
    status: 2,
    out: '',
    err: /^box: --memory: .*\n\(see box --help\)\n$/,
  });
  t.match(await outcome([], () => 7), { status: 7, out: '', err: '' });
  const failing = (code: string) => outcome([], () => Promise.reject(Object.assign(new Error('words'), { code })));
  t.match(await failing('ERR_COMMAND_NOT_FOUND'), { status: STATUS.notFound, err: 'box: words\n' });
  t.match(await failing('ERR_COMMAND_NOT_EXECUTABLE'), { status: STATUS.notExecutable });
  t.match(await failing('EPERM'), { status: STATUS.ourFailure });
  t.match(await outcome([], () => Promise.reject(new UsageError('no'))), { status: STATUS.usage });
  t.match(
    await outcome([], () => Promise.reject(new Error('bug'))),
    { status: STATUS.ourFailure, err: /at / },
    'a bug has a stack',
  );
  t.equal(statusOf(new Error()), 125);
  t.equal(statusOfExit({ exitCode: 3, signal: null }), 3);
  t.equal(statusOfExit({ exitCode: null, signal: 'SIGKILL' }), 137);
  t.equal(statusOfExit({ exitCode: null, signal: 'SIG34' as NodeJS.Signals }), 162);
});

t.test('colours only for somebody who sees them', async (t) => {
  t.equal(style({ isTTY: true }, {}).red('x'), '\x1b[31mx\x1b[0m');
  t.equal(style({ isTTY: true }, { NO_COLOR: '1' }).red('x'), 'x');
  t.equal(style({ isTTY: true }, { TERM: 'dumb' }).red('x'), 'x');
  t.equal(style({ isTTY: false }, {}).red('x'), 'x');
});

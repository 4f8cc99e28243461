/** The package's own command: what it prints, and its exit statuses. */
import t from 'tap';
import { COFFERDAM, formatGarbage, formatProbe } from '../../../lib/cli/cofferdam.ts';
import { dispatch } from '../../../lib/cli/main.ts';
import { style } from '../../../lib/cli/style.ts';

const plain = style({ isTTY: false });

async function outcome(...words: string[]) {
  const told = { out: '', err: '' };
  const works = { probe: () => 1, gc: () => 0 };
  const status = await dispatch(COFFERDAM, '1.2.3', words, works, {
    out(text) {
      told.out += text;
    },
    err(text) {
      told.err += text;
    },
  });
  return { status, ...told };
}

t.test('subcommands', async (t) => {
  t.match(await outcome('probe'), { status: 1, out: '', err: '' });
  t.match(await outcome('gc', '--dry-run'), { status: 0 });
  t.match(await outcome('gc', '--dryrun'), { status: 2, err: /cofferdam gc: unknown option.*'--dry-run'/ });
  t.match(await outcome('gc', 'word'), { status: 2, err: /unexpected word 'word'/ });
  t.match(await outcome('gc', '--version'), { status: 0, out: 'cofferdam 1.2.3\n' });
  t.match(await outcome('probe', '--help'), { status: 0, out: /^Usage: cofferdam probe / });
  t.match(await outcome('--help'), { status: 0, out: /^ +probe .*\n(.*\n)* +gc /m });
  t.match(await outcome(), { status: 2, out: '', err: /which command/ });
  t.match(await outcome('nothing'), { status: 2, err: /there are probe, ls, logs, autostart, gc/ });
  t.match(await outcome('--nothing'), { status: 2, err: /unknown option '--nothing'/ });
});

t.test('each no has its reason and what would help', async (t) => {
  const text = formatProbe(
    {
      usable: false,
      kernel: '6.1',
      cgroups: 'v2',
      features: [
        { feature: 'overlay', available: false, purpose: 'roots', reason: 'not there', remedy: 'modprobe overlay' },
        { feature: 'root', available: true, purpose: 'all', reason: '', remedy: '' },
      ],
    },
    plain,
  );
  t.equal(
    text,
    'Linux 6.1, cgroups: v2\nno   overlay  roots\n     not there; modprobe overlay\nyes  root     all\ncontainers cannot be started here',
  );
});

t.test('garbage', async (t) => {
  t.equal(formatGarbage([], true), 'nothing to undo');
  const garbage = [{ journal: 'j', undo: ['remove x'], errors: ['EBUSY at operation 0'] }];
  t.equal(formatGarbage(garbage, true), 'would remove x\n  failed: EBUSY at operation 0');
});

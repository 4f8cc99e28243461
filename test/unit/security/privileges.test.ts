import t from 'tap';
import { normalizeContainerOptions, normalizeRunOptions } from '../../../lib/options/index.ts';
import { PR } from '../../../lib/program/constants.ts';
import { dropPrivileges, sessionKeyring } from '../../../lib/security/privileges.ts';

const AVAILABLE = 2n ** 41n - 1n;
const process = (options: object) =>
  normalizeRunOptions(['id'], options, normalizeContainerOptions({ rootfs: '/r' }).container.defaults).process;
const drop = (options: object = {}, more: object = {}) =>
  dropPrivileges(process(options), { own: 7, setgroups: true, home: true, available: AVAILABLE, ...more });

t.test('the order is the kernel’s', (t) => {
  t.strictSame(
    drop({ user: 1000 }).map(({ name, args }) =>
      name === 'prctl' ? `prctl ${(args as { option: number }).option}` : name,
    ),
    ['capBounding', `prctl ${PR.SET_KEEPCAPS}`, 'identity', 'capset', 'capAmbient', `prctl ${PR.SET_NO_NEW_PRIVS}`],
  );
  t.ok(
    drop().every(({ actor, tolerate }) => actor === 'child' && tolerate === 0),
    'nothing of it may fail unnoticed',
  );
  t.end();
});

t.test('identity', (t) => {
  const identity = (options: object, more?: object) =>
    drop(options, more).find(({ name }) => name === 'identity')?.args;
  t.strictSame(identity({ user: { uid: 'app', gid: 7, groups: [8, 'video'] } }), {
    user: 'app',
    group: '7',
    groups: ['8', 'video'],
    setgroups: 1,
    home: 1,
    own: 7,
  });
  t.match(identity({}, { setgroups: false, home: false, own: 0 }), {
    user: '0',
    group: '0',
    setgroups: 0,
    home: 0,
    own: 0,
  });
  t.end();
});

t.test('nothing is inheritable or ambient unless asked for', (t) => {
  for (const capabilities of ['default', 'all', ['NET_ADMIN'], { add: ['SYS_ADMIN'] }]) {
    const [capset, ambient] = [drop({ capabilities })[3], drop({ capabilities })[4]];
    t.match(capset, { name: 'capset', args: { inheritable: 0 } });
    t.match(ambient, { name: 'capAmbient', args: { mask: 0 } });
  }
  const asked = drop({
    capabilities: { bounding: ['KILL'], permitted: ['KILL'], inheritable: ['KILL'], ambient: ['KILL'] },
  });
  t.match(asked[3]?.args, { effective: 0, permitted: 32, inheritable: 32 });
  t.match(asked[4]?.args, { mask: 32 });
  t.end();
});

t.test('no_new_privs can be asked not to be', (t) => {
  const options = (noNewPrivileges: boolean) =>
    drop({ noNewPrivileges }).filter(({ args }) => 'option' in args && args.option === PR.SET_NO_NEW_PRIVS);
  t.equal(options(true).length, 1);
  t.equal(options(false).length, 0);
  t.end();
});

t.test('the session keyring is anonymous', (t) => {
  t.match(sessionKeyring(), { name: 'joinSessionKeyring', args: {} });
  t.notOk('name' in sessionKeyring().args);
  t.end();
});

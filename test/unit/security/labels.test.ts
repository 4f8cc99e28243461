/** Labels where their modules would be active. */
import t from 'tap';
import { SlotTable } from '../../../lib/program/slots.ts';
import { labelOperations } from '../../../lib/security/labels.ts';

const operations = (has: (path: string) => boolean, labels: { apparmor?: string; selinux?: string }) =>
  labelOperations({ apparmor: undefined, selinux: undefined, ...labels }, new SlotTable(), 'host', has).map(
    ({ name, args, actor }) => ({ name, ...args, actor }),
  );

t.test('written by whoever is still on the host, to procfs itself', (t) => {
  t.match(
    operations(() => true, { apparmor: 'docker-default' }),
    [
      { name: 'openProc', path: '/proc/thread-self/attr/apparmor/exec', actor: 'host' },
      { name: 'write', data: Buffer.from('exec docker-default') },
      { name: 'close' },
    ],
  );
  const old = (path: string) => !path.includes('attr/apparmor');
  t.match(operations(old, { apparmor: 'x' })[0], { path: '/proc/thread-self/attr/exec' });
  t.match(operations(() => true, { selinux: 'u:r:t:s0' })[1], { data: Buffer.from('u:r:t:s0') });
  t.strictSame(
    operations(() => false, {}),
    [],
  );
  t.throws(() => operations(() => false, { apparmor: 'x' }), { code: 'ERR_UNSUPPORTED' });
  t.end();
});

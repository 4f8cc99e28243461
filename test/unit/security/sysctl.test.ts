import t from 'tap';
import { DEFAULTS } from '../../../lib/options/defaults.ts';
import type { NamespaceName, NamespaceOption } from '../../../lib/options/types.ts';
import { sysctlOperations } from '../../../lib/security/sysctl.ts';

const namespaces = (changes: Partial<Record<NamespaceName, NamespaceOption>> = {}) => ({
  ...DEFAULTS.namespaces,
  ...changes,
});

t.test('keys of namespaces', (t) => {
  const written = sysctlOperations(
    {
      'net.ipv4.ip_forward': '1',
      'kernel.shmmax': '4096',
      'fs.mqueue.msg_max': '10',
      'kernel.domainname': 'x',
      'kernel.sem': '1 2 3 4',
    },
    namespaces(),
  );
  t.strictSame(
    written.map(({ name, args, actor }) => [
      name,
      actor,
      (args as { path: string }).path,
      Buffer.from((args as { data: Uint8Array }).data).toString(),
    ]),
    [
      ['write', 'child', '/proc/sys/net/ipv4/ip_forward', '1'],
      ['write', 'child', '/proc/sys/kernel/shmmax', '4096'],
      ['write', 'child', '/proc/sys/fs/mqueue/msg_max', '10'],
      ['write', 'child', '/proc/sys/kernel/domainname', 'x'],
      ['write', 'child', '/proc/sys/kernel/sem', '1 2 3 4'],
    ],
  );
  t.end();
});

const REFUSED: [key: string, namespaces: Partial<Record<NamespaceName, NamespaceOption>>, message: RegExp][] = [
  ['kernel.core_pattern', {}, /would change the host/],
  ['kernel.shm_rmid_forced.kernel.core_pattern', {}, /would change the host/],
  ['kernel.modprobe', {}, /would change the host/],
  ['kernel.hostname', {}, /would change the host/],
  ['vm.swappiness', {}, /would change the host/],
  ['fs.file-max', {}, /would change the host/],
  ['xnet.x', {}, /would change the host/],
  ['netx.y', {}, /would change the host/],
  [
    'net.ipv4.ip_forward',
    { network: 'host' },
    /'sysctl\.net\.ipv4\.ip_forward' needs the container's own network namespace/,
  ],
  ['net.ipv4.ip_forward', { network: { pid: 1 } }, /needs the container's own network namespace/],
  ['kernel.msgmax', { ipc: 'host' }, /own ipc namespace/],
  ['fs.mqueue.msg_max', { ipc: 'host' }, /ipc namespace/],
  ['kernel.domainname', { uts: 'host' }, /uts namespace/],
];

t.test('all others are refused', (t) => {
  for (const [key, changes, message] of REFUSED)
    t.throws(
      () => sysctlOperations({ [key]: '1' }, namespaces(changes)),
      { code: 'ERR_INVALID_OPTION_VALUE', message },
      key,
    );
  t.end();
});

import t from 'tap';
import { normalizeSandboxOptions } from '../../../lib/options/index.ts';

t.test('what nothing is said about', (t) => {
  const { id, hostname, ...rest } = normalizeSandboxOptions({});
  t.match(id, /^[0-9a-f]{12}$/);
  t.equal(hostname, id);
  t.match(rest, { namespaces: ['network', 'ipc', 'uts'], interface: undefined, cgroupParent: undefined });
  t.end();
});

t.test('what is said', (t) => {
  t.match(normalizeSandboxOptions({ id: 'pod', namespaces: ['ipc', 'ipc'], cgroupParent: '/pods' }), {
    id: 'pod',
    hostname: 'pod',
    namespaces: ['ipc'],
    cgroupParent: '/pods',
  });
  t.match(normalizeSandboxOptions({ network: { address: '10.0.0.1/24' } }).network[0], {
    interface: 'eth0',
    address: '10.0.0.1/24',
  });
  t.end();
});

t.test('bad ones', (t) => {
  const cases: [unknown, RegExp][] = [
    [{ namespaces: [] }, /'namespaces' must have at least 1/],
    [{ namespaces: ['pid'] }, /'namespaces\[0\]' must be one of network, ipc, uts/],
    [{ network: 'host' }, /'network' cannot be the host's/],
    [{ rootfs: '/x' }, /unknown option 'rootfs'/],
    [{ cgroupParent: '/../x' }, /'cgroupParent'/],
    [5, /must be an object/],
  ];
  for (const [options, message] of cases) t.throws(() => normalizeSandboxOptions(options), { code: /^ERR_/, message });
  t.end();
});

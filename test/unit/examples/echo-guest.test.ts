/** The echo lab's guest: its option, what it is made of, and what is said where there is none. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import t from 'tap';
import { requireGuest } from '../../../examples/labs/echo/guest.ts';
import { attachScript, devicesOf, lastAddress, serveOn, setupOf } from '../../../examples/labs/echo/guest-machine.ts';
import { MATRIX } from '../../../examples/labs/echo/options.ts';
import { parse } from '../../../lib/cli/parse.ts';
import { tasks } from '../../../scripts/tasks.js';

const WIRE = { name: 'lab-echo-a1', subnet: '10.88.0.0/22', gateway: '10.88.0.1' };

t.test('only who asks gets a guest, and QEMU', async (t) => {
  t.match(parse(MATRIX, []).values, { guest: false, json: false });
  t.match(parse(MATRIX, ['--guest']).values, { guest: true, json: false });
  const { packages } = tasks['lab:echo'];
  t.strictSame(packages([]), ['native', 'labs']);
  t.strictSame(packages(['matrix', '--json']), ['native', 'labs']);
  t.strictSame(packages(['matrix', '--guest']), ['native', 'labs', 'labs:guest']);
});

t.test('its address is the last but the one for all', async (t) => {
  t.equal(lastAddress('10.88.0.0/22'), '10.88.3.254');
  t.equal(lastAddress('192.168.255.0/24'), '192.168.255.254');
  t.equal(lastAddress('172.16.0.4/30'), '172.16.0.6');
  t.equal(lastAddress('10.0.0.0/8'), '10.255.255.254');
});

t.test('its set-up', async (t) => {
  const setup = setupOf(WIRE);
  t.match(setup, 'ip address add 10.88.3.254/22 dev eth0\n');
  t.match(setup, 'ip route add default via 10.88.0.1\n');
  const lines = [setup, serveOn('agent', ['/usr/bin/node', '/agent.cjs']), attachScript(WIRE, '/usr/sbin/ip')];
  for (const text of lines) t.doesNotThrow(() => execFileSync('sh', ['-n'], { input: text }), text);
  t.match(attachScript(WIRE, '/usr/sbin/ip'), `'/usr/sbin/ip' link set dev "$1" master lab-echo-a1 up`);
});

t.test('its devices', async (t) => {
  const devices = devicesOf('/tmp/x', '/tmp/x/attach');
  t.match(devices.join(' '), /-netdev tap,id=net,ifname=lab-tap%d,script=\/tmp\/x\/attach,downscript=no/);
  for (const channel of ['agent', 'nft'])
    t.ok(devices.includes(`socket,id=${channel},path=/tmp/x/${channel},server=on,wait=off`), channel);
});

t.test('what is missing is said, with what to install', async (t) => {
  const absent = (name: string) => (name.startsWith('qemu') || name === 'busybox' ? undefined : `/bin/${name}`);
  t.throws(() => requireGuest(absent), {
    code: 'ERR_LAB',
    message: /needs qemu-system-x86_64, busybox; .* apt-get install .* qemu-system-x86 busybox-static$/,
  });
  t.notOk(existsSync('/nowhere/tun'));
  t.throws(() => requireGuest((name) => `/bin/${name}`, '/nowhere/tun'), { code: 'ERR_LAB', message: /modprobe tun/ });
  t.doesNotThrow(() => requireGuest((name) => `/bin/${name}`, '/dev/null'));
});

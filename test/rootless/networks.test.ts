/** Networks of a user who is not root, by the programs themselves. */
import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { createContainer, probe } from 'cofferdam';
import t from 'tap';
import { auditedRootless, isRoot } from '../support/audit.ts';
import { eventually, isAlive, line, node } from '../support/program.ts';
import { busybox } from '../support/rootfs.ts';

const lower = isRoot ? '' : busybox();
const PROGRAMS = ['pasta', 'slirp4netns'] as const;

/** pasta copies an interface of the host that leads outside. */
const noRoute = readFileSync('/proc/net/route', 'utf8')
  .split('\n')
  .some((each) => each.split('\t')[1] === '00000000')
  ? false
  : 'needs a default route';

function lacks(program: string): string | false {
  const row = probe().features.find(({ feature }) => feature === program);
  return row?.available ? noRoute : (row?.reason ?? `probe() does not know ${program}`);
}

/** Processes that serve the container whose first process is `pid`: the program, by its arguments, and its guard. */
function servants(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((each) => {
      try {
        const words = readFileSync(`/proc/${each}/cmdline`, 'utf8').split('\0');
        return words.includes(String(pid)) && PROGRAMS.some((program) => words[0] === program);
      } catch {
        return false;
      }
    });
}

/**
 * While a server on the host's loopback says one line to whoever has said one. It leaves the end to the client, which says
 * when: on recent kernels the pasta of 2023-03 repeats what it has handed on, and may not hand on an end.
 */
async function withServer(use: (port: number) => Promise<void>): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).once('data', () => socket.write('hello from the host\n'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await use((server.address() as AddressInfo).port);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** What a server says; '' when nobody answers. */
const asked = (port: number): Promise<string> => text(connect(port, '127.0.0.1')).catch(() => '');

const GATEWAY = 'gateway=$(ip route | awk \'$1 == "default" { print $3 }\')';

for (const type of PROGRAMS) {
  auditedRootless(
    `${type}: a way out, and the host's loopback only when asked for`,
    (t) =>
      withServer(async (port) => {
        const script = `${GATEWAY}; echo "to $gateway"; echo | timeout 3 nc -w 2 $gateway ${port}`;
        await using open = await createContainer({ rootfs: lower, network: { type, hostLoopback: true } });
        t.match((await open.run(['sh', '-c', script])).stdout, /^to [\d.]+\n(hello from the host\n)+$/);
        await using closed = await createContainer({ rootfs: lower, network: type });
        // Neither by the gateway, nor on the container's own loopback; and names are asked for at the program.
        const { stdout } = await closed.run([
          'sh',
          '-c',
          `${script}; echo | timeout 3 nc -w 2 127.0.0.1 ${port}; cat /etc/resolv.conf /etc/hosts`,
        ]);
        t.match(stdout, /^to [\d.]+\nnameserver [\d.]+\n127\.0\.0\.1 localhost/);
      }),
    lacks(type),
  );

  auditedRootless(
    `${type} ends with its container`,
    async (t) => {
      await using box = await createContainer({ rootfs: lower, network: { type, interface: 'up0' } });
      await box.start(['sleep', '600']);
      t.match(await box.exec(['cat', '/sys/class/net/up0/mtu']), { stdout: '65520\n' });
      const found = servants(box.pid as number);
      t.ok(found.length > 0, 'it runs');
      await box.kill();
      t.ok(await eventually(() => found.every((pid) => !isAlive(pid))), 'it has ended');
    },
    lacks(type),
  );

  for (const victim of ['Node', 'the launcher, then Node'] as const)
    auditedRootless(
      `${type} ends when ${victim} is killed`,
      async (t) => {
        const child = node(`
          import { createContainer } from 'cofferdam';
          const box = await createContainer({ rootfs: ${JSON.stringify(lower)}, network: '${type}' });
          await box.start(['sleep', '600']);
          console.log(box.pid);
          setInterval(() => {}, 1000);
        `);
        const pid = Number(await line(child));
        const found = servants(pid);
        t.ok(found.length > 0, 'it runs');
        if (victim !== 'Node') {
          const launcher = readdirSync('/proc').find((each) => {
            try {
              const [, name, parent] = /^\d+ \((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${each}/stat`, 'utf8')) ?? [];
              return name?.startsWith('cofferdam-launc') && Number(parent) === child.pid;
            } catch {
              return false;
            }
          });
          process.kill(Number(launcher), 'SIGKILL');
        }
        child.kill('SIGKILL');
        t.ok(await eventually(() => !isAlive(pid)), 'the container is gone');
        t.ok(await eventually(() => found.every((each) => !isAlive(each))), 'and what served it');
      },
      lacks(type),
    );
}

auditedRootless(
  'pasta publishes ports; one that is taken is told before the container starts',
  async (t) => {
    let port = 0;
    await withServer(async (free) => {
      port = free;
    });
    const publish = [{ host: port, container: 80, address: '127.0.0.1' }];
    await using box = await createContainer({ rootfs: lower, network: 'pasta', publish });
    await box.start(['nc', '-ll', '-p', '80', '-e', 'echo', 'from the container']);
    t.match(box.published, publish);
    let answer = '';
    for (const end = Date.now() + 20_000; answer === '' && Date.now() < end; await sleep(20))
      answer = await asked(port);
    t.equal(answer, 'from the container\n');
    await withServer(async (taken) => {
      const again = [{ host: taken, container: 80, address: '127.0.0.1' }];
      await using other = await createContainer({ rootfs: lower, network: 'pasta', publish: again });
      await t.rejects(other.start(['true']), { code: 'ERR_PORT_IN_USE', message: new RegExp(`port ${taken}`) });
    });
  },
  lacks('pasta'),
);

auditedRootless('what a program cannot do is said', async (t) => {
  const make = (network: object) => createContainer({ rootfs: lower, network } as never);
  await t.rejects(make({ type: 'pasta', address: '10.0.0.1/24' }), { message: /network\.address' means nothing/ });
  await t.rejects(make({ type: 'pasta', bridge: 'cofferdam0' }), { message: /network\.bridge' means nothing/ });
  await t.rejects(make([{ type: 'pasta' }, { type: 'pasta' }]), { message: /must be the only interface/ });
  await t.rejects(make({ type: 'pasta', publish: [{ host: 0, container: 80 }] }), { message: /must name its ports/ });
  await t.rejects(make({ type: 'slirp4netns', publish: [{ container: 80 }] }), { message: /say 'pasta'/ });
});

if (isRoot) t.pass('root has the other tests');

/** SIGKILL of Node at every phase of a launch in a network, and of the making of one: nothing of it stays. */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createContainer, createNetwork, listNetworks } from 'cofferdam';
import { execa } from 'execa';
import { audited } from '../support/audit.ts';
import { freshNetwork } from '../support/networks.ts';
import { eventually, helpers, isAlive, JANITOR, LAUNCHER, line, node } from '../support/program.ts';
import { busybox } from '../support/rootfs.ts';

const rootfs = busybox();
const STATE = process.env.COFFERDAM_ROOT ? `${process.env.COFFERDAM_ROOT}/run` : '/run/cofferdam';

const entries = (path: string): string[] => (existsSync(path) ? readdirSync(path) : []);
const links = (): string[] =>
  readFileSync('/proc/net/dev', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(':')[0] as string);
const ruleset = (): string => execFileSync('nft', ['list', 'ruleset'], { encoding: 'utf8' });

/** A program that dies by its own hand, or by ours after so many milliseconds. */
async function dies(source: string, after?: number): Promise<void> {
  const child: ChildProcess = node(
    `import { createContainer, createNetwork } from 'cofferdam';
     const die = () => process.kill(process.pid, 'SIGKILL');
     ${after === undefined ? '' : `setTimeout(die, ${after});`}
     ${source}`,
  );
  await once(child, 'exit');
}

const BOX = (network: string, port: number) => `
  const box = await createContainer({ rootfs: { lower: ${JSON.stringify(rootfs)} }, network: ${network}, resources: { pids: 32 },
    publish: [{ host: ${port}, container: 80 }, { host: 0, container: 81, protocol: 'udp' }] });`;

/** Phases of a launch, each ended by a kill. */
const PHASES: readonly [phase: string, source: string][] = [
  ['requested', 'box.start(["sleep", "1000"]).catch(() => {}); die();'],
  ['requested, a tick later', 'box.start(["sleep", "1000"]).catch(() => {}); setImmediate(die);'],
  ['running', 'await box.start(["sleep", "1000"]); die();'],
  ['ending', 'await box.start(["sleep", "1000"]); box.remove(); setImmediate(die);'],
  ['ended', 'await box.start(["sleep", "1000"]); await box.remove(); die();'],
];

audited('of a launch in a network of its own', async (t) => {
  const network = await createNetwork({ name: freshNetwork() });
  const gone = async (phase: string) => {
    t.ok(
      await eventually(() => entries(`${STATE}/networks/${network.name}/leases`).length === 0),
      `${phase}: no lease`,
    );
    t.ok(await eventually(() => entries(`${STATE}/ports`).length === 0), `${phase}: no port`);
    t.ok(await eventually(() => !links().some((name) => /^cf[d-k][0-9a-f]{12}$/.test(name))), `${phase}: no link`);
    t.equal(/elements.*/.exec(ruleset())?.[0], undefined, `${phase}: no rule`);
  };
  for (const [phase, source] of PHASES) {
    await dies(BOX(JSON.stringify({ bridge: network.name }), 18100) + source);
    await gone(phase);
  }
  for (let delay = 5; delay < 120; delay += 15) {
    await dies(`${BOX(JSON.stringify({ bridge: network.name }), 18100)}
      await createContainer({ rootfs: { lower: ${JSON.stringify(rootfs)} } }).then((warm) => warm.run(['true']));
      setTimeout(die, ${delay}); for (;;) await box.run(['true']);`);
    await gone(`after ${delay} ms`);
  }
  // The network itself is whole.
  await using box = await createContainer({ rootfs: { lower: rootfs }, network: { bridge: network.name } });
  t.match(await box.run(['ping', '-c', '1', '-W', '3', network.gateway]), { exitCode: 0 });
  await network.remove();
});

audited('of the first user of the default network', async (t) => {
  const gone = async (phase: string) => {
    t.ok(await eventually(() => !links().includes('cofferdam0')), `${phase}: no bridge`);
    t.ok(await eventually(() => entries(`${STATE}/networks`).length === 0), `${phase}: no record`);
    t.ok(await eventually(() => !/cofferdam0/.test(ruleset())), `${phase}: no table`);
  };
  for (const [phase, source] of PHASES) {
    await dies(BOX('"bridge"', 18101) + source);
    await gone(phase);
  }
  for (let delay = 1; delay < 90; delay += 12) {
    await dies(`${BOX('"bridge"', 18101)}
      await createContainer({ rootfs: { lower: ${JSON.stringify(rootfs)} } }).then((warm) => warm.run(['true']));
      setTimeout(die, ${delay}); box.start(['sleep', '1000']).catch(() => {}); setInterval(() => {}, 1000);`);
    await gone(`after ${delay} ms`);
  }
});

audited('of a container that has an interface of the host: it is back under its own name', async (t) => {
  const device = `cft${process.pid % 100_000}m`;
  const ip = (...words: string[]) => execFileSync('ip', words, { encoding: 'utf8' });
  const index = (): string | undefined =>
    links().includes(device) ? ip('-o', 'link', 'show', 'dev', device).split(':')[0] : undefined;
  ip('link', 'add', device, 'type', 'veth', 'peer', 'name', `${device}p`);
  try {
    const before = index();
    const box = `
      await createContainer({ rootfs: { lower: ${JSON.stringify(rootfs)} } }).then((warm) => warm.run(['true']));
      const box = await createContainer({ rootfs: { lower: ${JSON.stringify(rootfs)} },
        network: { type: 'move', device: '${device}', interface: 'lan0', address: '10.80.9.1/24' } });`;
    const back = async (phase: string) => {
      t.ok(await eventually(() => index() === before), `${phase}: it is back`);
      t.ok(await eventually(() => entries(`${STATE}/netns`).length === 0), `${phase}: no namespace is kept`);
      t.ok(
        await eventually(() => !readFileSync('/proc/self/mountinfo', 'utf8').includes(`${STATE}/netns`)),
        `${phase}: no mount`,
      );
    };
    for (const [phase, source] of PHASES) {
      await dies(box + source);
      await back(phase);
    }
    for (let delay = 1; delay < 25; delay += 8) {
      await dies(`${box} setTimeout(die, ${delay}); for (;;) await box.run(['true']);`);
      await back(`after ${delay} ms`);
    }
  } finally {
    ip('link', 'del', `${device}p`);
  }
});

audited(
  'of Node, its launcher and its janitor: cofferdam gc says what nft says, and has the port free in the end',
  async (t) => {
    const network = await createNetwork({ name: freshNetwork() });
    const table = `inet cofferdam-${network.name}`;
    const child = node(`
    import { createContainer } from 'cofferdam';
    ${BOX(JSON.stringify({ bridge: network.name }), 18102)}
    await box.start(['sleep', '1000']);
    console.log(box.pid);
    setInterval(() => {}, 1000);`);
    const pid = Number(await line(child));
    const { [JANITOR]: janitor, [LAUNCHER]: launcher } = helpers(child.pid as number);
    child.kill('SIGSTOP');
    for (const each of [janitor, launcher, child.pid]) process.kill(each as number, 'SIGKILL');
    t.ok(await eventually(() => !isAlive(child.pid as number)));
    t.ok(isAlive(pid), 'nobody has cleaned up yet');
    const gc = () => execa(process.execPath, ['bin/cofferdam.js', 'gc'], { reject: false });

    // Somebody has put another map in the place of ours.
    execFileSync('nft', ['-f', '-'], {
      input: `delete table ${table}\ntable ${table} { map any4 { type ipv4_addr : ipv4_addr; }; }\n`,
    });
    const failed = await gc();
    t.equal(failed.exitCode, 1);
    t.match(failed.stdout, /failed: EIO: run .*nft.*, which said: .*[Ee]rror/);
    await network.reconcile();
    t.match(await gc(), { exitCode: 0 });
    t.ok(await eventually(() => !isAlive(pid)), 'the container is gone');
    t.match(await gc(), { stdout: 'nothing to undo' });
    await network.remove();
  },
);

audited(
  'of nobody, but nft refuses at the end: a warning says what it said, and the container has its result',
  async (t) => {
    const network = await createNetwork({ name: freshNetwork() });
    const table = `inet cofferdam-${network.name}`;
    const box = await createContainer({
      rootfs: { lower: rootfs },
      network: { bridge: network.name },
      publish: [{ host: 18103, container: 80 }],
    });
    await box.start(['sleep', '1000']);
    execFileSync('nft', ['-f', '-'], {
      input: `delete table ${table}\ntable ${table} { map any4 { type ipv4_addr : ipv4_addr; }; }\n`,
    });
    const warned = once(process, 'warning');
    await box.remove();
    t.match(await warned, [
      { code: 'ERR_CLEANUP', message: new RegExp(`'${box.id}': EIO, run .*nft.*, which said: .*[Ee]rror`) },
    ]);
    await network.remove();
  },
);

audited('of createNetwork(): it is whole, or it is not', async (t) => {
  for (let delay = 0; delay < 80; delay += 10) {
    const name = freshNetwork();
    await dies(`
      await createContainer({ rootfs: { lower: ${JSON.stringify(rootfs)} } }).then((warm) => warm.run(['true']));
      setTimeout(die, ${delay}); createNetwork({ name: '${name}' }).catch(() => {}); setInterval(() => {}, 1000);`);
    // The helper goes on without Node, and the janitor waits for it.
    const settled = () =>
      entries(`${STATE}/networks`).every((each) => !each.startsWith('.')) && entries(`${STATE}/journals`).length <= 1;
    t.ok(await eventually(settled), `after ${delay} ms: nothing half made`);
    const [network] = await listNetworks();
    t.equal(links().includes(name), network !== undefined, `after ${delay} ms: a bridge only with its record`);
    t.equal(new RegExp(name).test(ruleset()), network !== undefined, `after ${delay} ms: a table only with its record`);
    await network?.remove();
  }
});

/** Where systemd is in charge of cgroup v2: containers in a scope that it made. The systemd is this machine's, booted for it. */
import { readFileSync } from 'node:fs';
import { audited } from '../support/audit.ts';
import { BUS_UNITS, bootSystemd, noBus, noSystemd, OVER_BUS, programUnit } from '../support/systemd.ts';

/** With the controllers of a machine that has cgroup v2 alone; a hybrid one has none of them there. */
const limited = /^0::.*\n$/.test(readFileSync('/proc/self/cgroup', 'utf8'));
const LIMITS = limited ? '{ pids: 6, memory: 32 << 20, cpus: 0.5 }' : '{}';

/** Prints where things are, and whether what cgroups are for works there. */
const PROGRAM = `
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createContainer, probe } from 'cofferdam';
const cgroupOf = (pid) => readFileSync('/proc/' + pid + '/cgroup', 'utf8').split('\\n').find((line) => line.startsWith('0::')).slice(3);
const root = process.geteuid() === 0;
const open = () => createContainer({ rootfs: root ? { lower: '/run/rootfs' } : '/run/rootfs', resources: ${LIMITS} });
const [one, other] = await Promise.all([open(), open()]);
const plan = JSON.stringify(one.plan(['true']));
await Promise.all([one, other].map((box) => box.start(['sleep', '60'], { stdio: 'ignore' })));
const [first, second] = [one, other].map(({ pid }) => cgroupOf(pid));
const { exitCode } = await one.exec(['true']);
await one.pause();
await one.resume();
const stats = await one.stats();
const { stderr } = await one.exec(['sh', '-c', 'for i in 1 2 3 4 5 6 7; do sleep 1 & done; wait']);
const own = cgroupOf('self');
other.kill();
await other.exited;
const left = existsSync('/sys/fs/cgroup' + second);
await one.remove();
const parent = await createContainer({ rootfs: '/run/rootfs', cgroupParent: '/pods' });
const asked = root ? await parent.run(['true']) : undefined;
console.log(JSON.stringify({
  own, first, id: one.id, planned: plan.includes('/sys/fs/cgroup' + dirname(first) + '/'), together: dirname(first) === dirname(second), exitCode, left,
  limits: { pids: stats.pids?.limit, memory: stats.memory?.limit }, held: /can't fork/.test(stderr),
  asked: asked?.exitCode, scopes: probe().features.find(({ feature }) => feature === 'systemd scope').available,
}));
`;

const facts = (slice: RegExp, id: string) => ({
  first: new RegExp(`${slice.source}/cofferdam-\\d+-[0-9a-f]{12}\\.scope/${id}-[0-9a-f]{12}$`),
  planned: true,
  together: true,
  exitCode: 0,
  left: false,
  limits: limited ? { pids: 6, memory: 32 << 20 } : {},
  held: limited,
  scopes: true,
});

audited(
  "root's containers are in a scope of the system's",
  async (t) => {
    const told = await bootSystemd({ system: { 'program.service': programUnit(PROGRAM) }, user: {} });
    t.match(told, { own: '/system.slice/program.service', asked: 0, ...facts(/^\/system\.slice/, told.id) });
  },
  noSystemd,
);

audited(
  'a scope that is asked for over the system bus',
  async (t) => {
    const told = await bootSystemd({
      system: { ...BUS_UNITS, 'program.service': programUnit(PROGRAM, OVER_BUS) },
      user: {},
    });
    t.match(told, { own: '/system.slice/program.service', asked: 0, ...facts(/^\/system\.slice/, told.id) });
  },
  noBus,
);

/** What user@.service is to a user who logged in, without the login. */
const USER_MANAGER = `
[Unit]
DefaultDependencies=no
SuccessAction=exit-force
FailureAction=exit-force
[Service]
Type=exec
User=nobody
Delegate=yes
RuntimeDirectory=user-of-test
Environment=XDG_RUNTIME_DIR=/run/user-of-test HOME=/run/user-of-test
ExecStart=/lib/systemd/systemd --user --unit=program.service --log-target=console
`;

audited(
  "a plain user's containers are in a scope of its own systemd, and have limits",
  async (t) => {
    const told = await bootSystemd({
      system: { 'manager.service': USER_MANAGER },
      user: { 'program.service': programUnit(PROGRAM) },
    });
    t.match(told, facts(/^\/system\.slice\/manager\.service\/app\.slice/, told.id));
  },
  noSystemd,
);

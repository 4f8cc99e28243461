/** run(): one command, one result. */
import { Readable } from 'node:stream';
import { createContainer } from 'cofferdam';
import { audited } from '../support/audit.ts';
import { busybox } from '../support/rootfs.ts';

const rootfs = { lower: busybox() };
const run = async (command: string[], options = {}, container = {}) => {
  await using box = await createContainer({ rootfs, ...container });
  return await box.run(command, options);
};
const sh = (script: string, options = {}, container = {}) => run(['sh', '-c', script], options, container);

audited('exit status, output and signal come back', async (t) => {
  t.match(await sh('echo out; echo err >&2; exit 7'), {
    stdout: 'out\n',
    stderr: 'err\n',
    exitCode: 7,
    signal: null,
    timedOut: false,
    oomKilled: false,
  });
  t.match(await sh('kill -9 $$; sleep 1; exit 3'), { exitCode: 3 }, 'PID 1 cannot kill itself');
  t.match(await run(['sh', '-c', '(kill -TERM $PPID); exit 5']), { exitCode: 5 });
  const { duration, cpuTime, peakMemory } = await sh('true');
  t.ok(duration > 0 && duration < 10_000, `duration ${duration}`);
  t.ok(cpuTime.user + cpuTime.system > 0);
  t.ok(peakMemory > 0);
});

audited('it is isolated: pid, host name, mounts, network, environment', async (t) => {
  process.env.SECRET = 'of the host';
  const { stdout } = await sh(
    'echo $$; hostname; ls /proc | grep -c "^[0-9]"; ip -o link | wc -l; env; pwd',
    {},
    { hostname: 'administrator', id: 'iso' },
  );
  const lines = stdout.trim().split('\n');
  t.equal(lines[0], '1');
  t.equal(lines[1], 'administrator');
  t.ok(Number(lines[2]) <= 3, 'only its own processes');
  t.equal(lines[3], '1', 'loopback only');
  t.notMatch(stdout, 'SECRET');
  t.match(stdout, 'PATH=');
  t.match(stdout, 'HOME=/root');
  t.equal(lines.at(-1), '/');
});

audited('a fresh process: descriptors, signals, limits, groups', async (t) => {
  const { stdout } = await sh(
    'ls /proc/self/fd | wc -l; grep -E "^(Sig(Blk|Ign|Cgt)|CapInh|CapAmb|NoNewPrivs|Groups)" /proc/self/status; umask; cat /proc/self/oom_score_adj',
  );
  t.match(stdout, /^4\n/, 'standard streams, and ls itself');
  for (const line of [
    'SigBlk:\t0000000000000000',
    'SigIgn:\t0000000000000000',
    'CapInh:\t0000000000000000',
    'CapAmb:\t0000000000000000',
    'NoNewPrivs:\t1',
    '0022',
  ])
    t.match(stdout, line);
  t.match(stdout, /Groups:\t0 ?\n/);
});

audited('input: text, bytes, a stream, nothing', async (t) => {
  t.equal((await run(['cat'], { input: 'text' })).stdout, 'text');
  t.equal((await run(['cat'], { input: Buffer.from('bytes') })).stdout, 'bytes');
  t.equal((await run(['cat'], { input: Readable.from(['a', 'b']) })).stdout, 'ab');
  t.equal((await run(['cat'])).stdout, '', 'end of file at once');
  const large = 'x'.repeat(3 << 20);
  t.equal((await run(['cat'], { input: large })).stdout.length, large.length);
  t.match(await run(['true'], { input: large }), { exitCode: 0 }, 'input that nobody reads');
});

audited('encoding and maxBuffer', async (t) => {
  const { stdout } = await run(['printf', '\\377'], { encoding: 'buffer' });
  t.same(stdout, Buffer.from([0xff]));
  await t.rejects(run(['yes'], { maxBuffer: 100_000 }), { code: 'ERR_OUTPUT_EXCEEDED' });
});

audited('timeout and abort', async (t) => {
  t.match(await run(['sleep', '60'], { timeout: 1000 }), { timedOut: true, exitCode: null, signal: 'SIGKILL' });
  const reason = new Error('enough');
  await t.rejects(run(['sleep', '60'], { signal: AbortSignal.abort(reason) }), reason);
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 50);
  await t.rejects(run(['sleep', '60'], { signal: controller.signal }), reason);
});

audited('a background process that holds the output does not hold the result', async (t) => {
  await using box = await createContainer({ rootfs });
  await box.start(['sleep', '60']);
  const result = await box.exec(['sh', '-c', 'sleep 30 & echo done']);
  t.match(result, { stdout: 'done\n', exitCode: 0 });
  t.ok(result.duration < 5000);
});

audited('user, groups, umask, working directory', async (t) => {
  t.match(await sh('id', { user: 1000 }), { stdout: /uid=1000(\(alice\))? gid=1000/ });
  t.match(await sh('id -G', { user: 'alice' }), { stdout: '1000 29 44\n' });
  t.match(await sh('id -u; id -g', { user: 'alice:audio' }), { stdout: '1000\n29\n' });
  t.match(await sh('id -G', { user: { uid: 7, gid: 8, groups: [9, 'video'] } }), { stdout: '8 9 44\n' });
  t.match(await sh('echo $HOME; grep CapEff /proc/self/status', { user: 'alice' }), {
    stdout: '/home/alice\nCapEff:\t0000000000000000\n',
  });
  t.match(await sh('umask; pwd', { umask: 0o27, cwd: '/made/here' }), { stdout: '0027\n/made/here\n' });
  await t.rejects(sh('true', { user: 'nobody-here' }), { code: 'ERR_NO_SUCH_USER' });
  // CVE-2016-3697: digits are a number, whatever names passwd has.
  t.match(await sh('id -u', { user: '4242' }), { stdout: '4242\n' });
});

audited('capabilities, rlimits, no_new_privs, sysctls', async (t) => {
  t.match(await sh('grep -E "Cap(Prm|Eff|Bnd)" /proc/self/status'), { stdout: /CapBnd:\t00000000a80425fb/ });
  t.match(await sh('grep CapBnd /proc/self/status', { capabilities: ['CHOWN'] }), {
    stdout: 'CapBnd:\t0000000000000001\n',
  });
  t.match(await sh('grep NoNewPrivs /proc/self/status', { noNewPrivileges: false }), { stdout: 'NoNewPrivs:\t0\n' });
  t.match(await sh('ulimit -n; ulimit -Hn', { rlimits: { nofile: { soft: 100, hard: 200 } } }), {
    stdout: '100\n200\n',
  });
  t.match(
    await sh(
      'cat /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ip_forward',
      {},
      { sysctl: { 'kernel.msgmax': 4096, 'net.ipv4.ip_forward': '1' } },
    ),
    { stdout: '4096\n1\n' },
  );
});

audited('masked and read-only paths', async (t) => {
  const { stdout } = await sh(
    'ls /sys/firmware | wc -l; cat /proc/keys | wc -c; echo x > /proc/sys/kernel/core_pattern || echo ro; echo b > /proc/sysrq-trigger || echo ro',
  );
  t.equal(stdout, '0\n0\nro\nro\n');
});

audited('commands that cannot be', async (t) => {
  await t.rejects(run(['no-such-command']), { code: 'ERR_COMMAND_NOT_FOUND', message: /no-such-command/ });
  await t.rejects(run(['/etc/passwd']), { code: 'ERR_COMMAND_NOT_EXECUTABLE' });
  await t.rejects(run(['true'], { cwd: '/etc/passwd' }), { code: 'ERR_CWD' });
  await t.rejects(run([]), RangeError);
  await t.rejects(run('true' as never), TypeError);
});

audited('large programs: 2 MiB of arguments, 300 mounts', async (t) => {
  const words = Array.from({ length: 20 }, (_, i) => String(i).padEnd(100_000, 'x'));
  const { stdout } = await run(['sh', '-c', 'echo $#', 'sh', ...words], { rlimits: { stack: 64 << 20 } });
  t.equal(stdout, '20\n');
  const mounts = Array.from({ length: 300 }, (_, i) => ({ source: busybox(), target: `/many/${i}`, readonly: true }));
  t.match(await sh('ls /many | wc -l; ls /many/299/bin/sh', {}, { mounts }), { stdout: '300\n/many/299/bin/sh\n' });
});

audited('many at once', async (t) => {
  const results = await Promise.all(Array.from({ length: 100 }, (_, i) => sh(`exit ${i}`)));
  t.strictSame(
    results.map(({ exitCode }) => exitCode),
    Array.from({ length: 100 }, (_, i) => i),
  );
});

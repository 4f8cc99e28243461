/** Programs of the host's that run between a container's mounts. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContainer, type HookOption } from 'cofferdam';
import { audited } from '../support/audit.ts';
import { busybox, makeBusybox, temporary } from '../support/rootfs.ts';

const script = (text: string, env: Record<string, string> = {}): HookOption => ({
  path: '/bin/sh',
  args: ['-ec', text],
  env,
});

audited('before the root is mounted, and when all is mounted below it', async (t) => {
  const directory = temporary('hooks');
  const [log, disk] = [join(directory, 'log'), join(directory, 'disk')];
  writeFileSync(disk, 'from the host\n');
  const rootfs = makeBusybox();
  mkdirSync(join(rootfs, 'srv'));
  await using box = await createContainer({
    rootfs,
    hostname: 'hooked',
    mounts: [{ type: 'tmpfs', target: '/data' }],
    hooks: {
      // A root file system that only the container has: what is below it on the host stays as it was.
      preMount: [
        script('mount -t tmpfs none "$COFFERDAM_ROOTFS/srv"; echo first > "$COFFERDAM_ROOTFS/srv/by"; env > "$LOG"', {
          LOG: log,
        }),
      ],
      createContainer: [
        script('echo $(hostname) $$ > "$COFFERDAM_ROOTFS/data/name"; touch "$COFFERDAM_ROOTFS/data/disk"'),
        script('mount --bind "$DISK" "$COFFERDAM_ROOTFS/data/disk"; mknod "$COFFERDAM_ROOTFS/dev/extra" c 1 3', {
          DISK: disk,
        }),
      ],
    },
  });
  t.match(await box.run(['sh', '-c', 'cat /srv/by /data/name /data/disk; ls /dev/extra; ls /proc/self/fd | wc -l']), {
    // The first process is 1 in its namespace.
    stdout: /^first\nhooked [2-9]\nfrom the host\n\/dev\/extra\n/,
    exitCode: 0,
  });
  const environment = readFileSync(log, 'utf8').trim().split('\n').sort();
  t.match(environment, [
    `COFFERDAM_ROOTFS=${rootfs}`,
    `LOG=${log}`,
    /^PATH=\/usr\/local\/sbin/,
    ...environment.slice(3),
  ]);
  t.ok(
    environment.slice(3).every((line) => /^(PWD|OLDPWD|SHLVL|_)=/.test(line)),
    'nothing of the program that starts it',
  );
  t.notMatch(readFileSync('/proc/self/mountinfo', 'utf8'), rootfs);
  t.match(await box.run(['cat', '/srv/by']), { stdout: 'first\n' }, 'again at each start');
});

audited('an overlay, read-only for the container and not for its hooks', async (t) => {
  await using box = await createContainer({
    rootfs: { lower: busybox() },
    readonly: true,
    hooks: { createContainer: [script('echo written > "$COFFERDAM_ROOTFS/etc/hook"')] },
  });
  t.match(await box.run(['sh', '-c', 'cat /etc/hook; echo x > /etc/hook || echo refused']), {
    stdout: 'written\nrefused\n',
  });
});

audited('one that fails, is missing or takes too long', async (t) => {
  const start = (hook: HookOption) =>
    createContainer({ rootfs: { lower: busybox() }, hooks: { createContainer: [hook] } }).then((box) =>
      box.run(['true']),
    );
  await t.rejects(start(script('echo one; echo No such file or directory >&2; exit 3')), {
    code: 'ERR_HOOK',
    message:
      "hook '/bin/sh' failed (EIO): one; No such file or directory (it is a program of the host, and has to end with status 0)",
  });
  await t.rejects(start(script('exit 1')), { message: /it said nothing/ });
  await t.rejects(start({ path: '/no/such/hook' }), {
    code: 'ERR_HOOK',
    message: /'\/no\/such\/hook' failed \(ENOENT\)/,
  });
  await t.rejects(start({ ...script('sleep 1000'), timeout: 100 }), { code: 'ERR_HOOK', message: /ETIMEDOUT/ });
});

audited('a detached container runs them at each start, by its monitor too', async (t) => {
  const count = join(temporary('hooks'), 'count');
  const box = await createContainer({
    name: 'hooked',
    detached: true,
    rootfs: { lower: busybox() },
    restart: 'on-failure:2',
    hooks: { createContainer: [script('echo x >> "$COUNT"', { COUNT: count })] },
  });
  t.match(await box.run(['false']), { exitCode: 1 });
  t.equal(readFileSync(count, 'utf8'), 'x\n'.repeat(3));
  await box.remove();
});

audited('what they cannot be with', async (t) => {
  const hooks = { createContainer: [{ path: '/bin/true' }] };
  const rootfs = { lower: busybox() };
  await t.rejects(createContainer({ rootfs, hooks, userNamespace: 'auto' }), { message: /hooks.*user namespace/ });
  await t.rejects(createContainer({ rootfs: '/', hooks, namespaces: { mount: 'host' } }), {
    message: /hooks.*mount namespace/,
  });
  await t.rejects(createContainer({ rootfs, hooks: { createContainer: [{ path: 'true' }] } }), {
    message: /hooks\.createContainer\[0\]\.path/,
  });
});

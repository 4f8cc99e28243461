/** System calls that functions of this program answer. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { closeSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ContainerOptions,
  createContainer,
  type NotifyHandlers,
  type RunOptions,
  type SystemCall,
} from 'cofferdam';
import { audited } from '../support/audit.ts';
import { busybox, temporary } from '../support/rootfs.ts';

const rootfs = { lower: busybox() };
const MKDIR = process.arch === 'x64' ? 'mkdir' : 'mkdirat';

const sh = async (
  script: string,
  notify: NotifyHandlers,
  { notifyTimeout, ...container }: Partial<ContainerOptions> & { notifyTimeout?: number } = {},
  options: RunOptions = {},
) => {
  await using box = await createContainer({ rootfs, ...container, seccomp: { notify, notifyTimeout } });
  return await box.run(['sh', '-c', script], options);
};

const pathOf = (call: SystemCall): string => call.readString(call.args[MKDIR === 'mkdir' ? 0 : 1] as bigint);

for (const noNewPrivileges of [true, false])
  audited(`errors, values and the kernel's own answer, noNewPrivileges ${noNewPrivileges}`, async (t) => {
    const seen: string[] = [];
    const handler = (call: SystemCall) => {
      const path = pathOf(call);
      seen.push(path);
      t.equal(call.name, MKDIR);
      t.ok(call.pid > 1 && call.args.length === 6);
      if (path === '/no') return { errno: 'EDQUOT' };
      if (path === '/pretended') return { value: 0 };
      return 'continue' as const;
    };
    const { stdout, stderr } = await sh(
      'mkdir /no; mkdir /pretended && test ! -e /pretended && echo pretended; mkdir /yes && test -d /yes && echo made',
      { [MKDIR]: handler },
      { noNewPrivileges },
    );
    t.equal(stdout, 'pretended\nmade\n');
    t.match(stderr, /\/no.*quota/i);
    t.strictSame(seen, ['/no', '/pretended', '/yes']);
  });

audited('exec, too; asynchronous; many at once', async (t) => {
  let most = 0;
  let now = 0;
  const handler = async () => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve, 20));
    now--;
    return { errno: 'EACCES' };
  };
  await using box = await createContainer({ rootfs, seccomp: { notify: { [MKDIR]: handler } } });
  await box.start(['sleep', '60']);
  const results = await Promise.all(Array.from({ length: 8 }, () => box.exec(['mkdir', '/x'])));
  for (const { stderr } of results) t.match(stderr, /denied/);
  t.ok(most > 1, `${most} at once`);
});

audited('a descriptor of this program', async (t) => {
  const file = join(temporary('file'), 'secret');
  writeFileSync(file, 'handed over');
  const fd = openSync(file, 'r');
  const { stdout } = await sh('cat /etc/virtual; cat /etc/passwd | head -n 1', {
    openat: (call) =>
      call.readString(call.args[1] as bigint) === '/etc/virtual' ? { descriptor: fd } : ('continue' as const),
    open: (call) =>
      call.readString(call.args[0] as bigint) === '/etc/virtual' ? { descriptor: fd } : ('continue' as const),
  });
  closeSync(fd);
  t.match(stdout, /^handed overroot:/);
});

audited('handlers that throw, are late, or answer nonsense: EPERM, and somebody hears of it', async (t) => {
  const heard: string[] = [];
  const listener = (message: unknown) => {
    const { error, name } = message as { error: NodeJS.ErrnoException; name: string };
    heard.push(`${name} ${error.code ?? error.message}`);
  };
  subscribe('cofferdam:seccomp:notify', listener);
  const answers: NotifyHandlers[string][] = [
    () => {
      throw new Error('thrown');
    },
    () => new Promise(() => {}),
    () => ({ errno: 'ENONSENSE' }),
  ];
  for (const answer of answers) {
    const { stderr } = await sh('mkdir /x', { [MKDIR]: answer }, { notifyTimeout: 200 });
    t.match(stderr, /not permitted/);
  }
  unsubscribe('cofferdam:seccomp:notify', listener);
  t.strictSame(heard, [`${MKDIR} thrown`, `${MKDIR} ERR_CALL_TIMEOUT`, `${MKDIR} ERR_INVALID_OPTION_VALUE`]);
});

audited('the container dies while a call waits; what is read afterwards is refused', async (t) => {
  await using box = await createContainer({
    rootfs,
    seccomp: {
      notify: {
        [MKDIR]: async (call) => {
          box.kill();
          await box.exited;
          t.throws(() => pathOf(call), { code: 'ERR_CALL_GONE' });
          return { value: 0 };
        },
      },
    },
  });
  t.match(await box.run(['mkdir', '/x']), { signal: 'SIGKILL' });
});

audited('a child in the background is served after its parent has ended', async (t) => {
  let calls = 0;
  const handler = () => {
    calls++;
    return { value: 0 };
  };
  await using box = await createContainer({ rootfs, seccomp: { notify: { [MKDIR]: handler } } });
  await box.start(['sleep', '60']);
  await box.exec(['sh', '-c', '(sleep 0.3; mkdir /late) >/dev/null 2>&1 & true']);
  for (let i = 0; i < 200 && calls === 0; i++) await new Promise((resolve) => setTimeout(resolve, 20));
  t.equal(calls, 1);
});

audited('addresses of the process’s choice read only its own memory', async (t) => {
  const before = readdirSync('/proc/self/fd').length;
  const { stderr } = await sh('mkdir /x', {
    [MKDIR]: (call) => {
      t.throws(() => call.readMemory(0n, 10), { code: /^E/ });
      t.throws(() => call.readMemory(0xffff_ffff_ffff_f000n, 10));
      t.throws(() => call.readMemory(0n, 2 ** 30), RangeError);
      return { errno: 13 };
    },
  });
  t.match(stderr, /denied/);
  t.equal(readdirSync('/proc/self/fd').length, before);
});

audited('what cannot be is refused', async (t) => {
  const handler = () => ({ value: 0 });
  for (const seccomp of [
    { notify: { sendmsg: handler } },
    { notify: { nosuchcall: handler } },
    { notify: { mkdir: 'yes' as unknown as typeof handler } },
    { notify: { mkdir: handler }, deny: ['mkdir'] },
    { notify: { mkdir: handler }, notifyTimeout: -1 },
  ])
    await t.rejects(createContainer({ rootfs, seccomp }), { code: /^ERR_INVALID_OPTION/ });
});

/** cofferdam/native: each raw call does what it says, to its own thread and to nothing else. */
import { closeSync, mkdirSync, readFileSync, readlinkSync, rmdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { text } from 'node:stream/consumers';
import { CLONE, MNT, MS, operation, RawThread } from 'cofferdam/native';
import { hierarchyOf } from '../../examples/shared/cgroups.ts';
import { audited } from '../support/audit.ts';
import { busybox, temporary } from '../support/rootfs.ts';

/** The namespace of a thread, 'uts:[4026531838]'. */
const namespace = (thread: RawThread, name: string): string => readlinkSync(`/proc/self/task/${thread.tid}/ns/${name}`);
const mounts = (thread: RawThread): string => readFileSync(`/proc/self/task/${thread.tid}/mountinfo`, 'utf8');

audited('a thread has its own namespaces, root and working directory', async (t) => {
  const before = { name: hostname(), cwd: process.cwd(), root: readlinkSync('/proc/self/root') };
  const thread = await RawThread.open();
  await thread.unshare(CLONE.NEWUTS | CLONE.NEWNS);
  await thread.setHostname('raw');
  t.not(namespace(thread, 'uts'), readlinkSync('/proc/self/ns/uts'));
  await thread.mount('', '/', '', MS.REC | MS.PRIVATE);
  const target = temporary();
  await thread.mount('raw-test', target, 'tmpfs', MS.NOSUID | MS.NODEV, 'size=4k,mode=0711');
  t.match(mounts(thread), new RegExp(`${target} rw,nosuid,nodev\\S* .* raw-test rw,size=4k`));
  t.notMatch(readFileSync('/proc/self/mountinfo', 'utf8'), target);
  await thread.umount(target, MNT.DETACH);
  t.notMatch(mounts(thread), target);
  await thread.chdir(target);
  await thread.chroot('.');
  t.equal(readlinkSync(`/proc/self/task/${thread.tid}/root`), target);
  t.strictSame(
    { name: hostname(), cwd: process.cwd(), root: readlinkSync('/proc/self/root') },
    before,
    'Node is where it was',
  );
  await thread.close();
});

audited('network: veth, address, link, and setns to get there', async (t) => {
  const here = await RawThread.open();
  const there = await RawThread.open();
  const back = await RawThread.open();
  await there.unshare(CLONE.NEWNET);
  const network = await there.openNamespace('net');
  // Not on the host: a namespace of this test's own is the other side.
  await here.unshare(CLONE.NEWNET);
  await here.createVeth('rawtest0', 'eth7', network, 1400);
  await there.addAddress('eth7', '10.9.8.7', 24);
  await there.addAddress('eth7', 'fd00::7', 64);
  await there.setLinkUp('lo');
  await there.setLinkUp('eth7');
  await back.setns(network, CLONE.NEWNET);
  t.equal(namespace(back, 'net'), namespace(there, 'net'));
  t.match(readFileSync(`/proc/self/task/${there.tid}/net/fib_trie`, 'utf8'), '10.9.8.7');
  t.match(readFileSync(`/proc/self/task/${there.tid}/net/if_inet6`, 'utf8'), /eth7$/m);
  t.match(readFileSync(`/proc/self/task/${there.tid}/net/dev`, 'utf8'), 'eth7');
  await here.deleteLink('rawtest0');
  t.notMatch(readFileSync(`/proc/self/task/${there.tid}/net/dev`, 'utf8'), 'eth7', 'the peer goes too');
  closeSync(network);
  await Promise.all([here, there, back].map((thread) => thread.close()));
});

audited('writeCgroup', async (t) => {
  const { path, version } = hierarchyOf('memory');
  const group = `${path}/raw-test-${process.pid}`;
  mkdirSync(group);
  const thread = await RawThread.open();
  const file = `${group}/${version === 1 ? 'memory.limit_in_bytes' : 'memory.max'}`;
  await thread.writeCgroup(file, 2 ** 20);
  t.equal(readFileSync(file, 'utf8').trim(), String(2 ** 20));
  await t.rejects(thread.writeCgroup(file, 'words'), { code: 'EINVAL', syscall: 'write', path: file });
  await thread.close();
  rmdirSync(group);
});

audited('errors name the call, its arguments and what the kernel said', async (t) => {
  const thread = await RawThread.open();
  await t.rejects(thread.mount('x', '/nowhere', 'tmpfs'), {
    code: 'ENOENT',
    syscall: 'mount',
    path: '/nowhere',
    message: /mount\('x', '\/nowhere'/,
  });
  await t.rejects(thread.unshare(CLONE.NEWUSER), { code: 'EINVAL', syscall: 'unshare' });
  await t.rejects(thread.setns(0), { code: 'EINVAL', syscall: 'setns' });
  await t.rejects(thread.pivotRoot('/tmp', '/tmp'), { code: 'EBUSY', syscall: 'pivot_root' });
  await t.rejects(thread.addAddress('lo', '10.0.0.1', 33), { code: 'EINVAL' });
  t.throws(() => thread.addAddress('lo', 'here', 8), { code: 'ERR_INVALID_OPTION_VALUE' });
  await t.rejects(thread.setLinkUp('nowhere0'), { code: 'ENODEV' });
  await t.rejects(thread.openNamespace('../../x' as 'net'), { code: 'EINVAL' });
  await thread.close();
  await t.rejects(thread.chdir('/'), { code: 'ESRCH' }, 'after close()');
});

audited('clone runs a program in a new process', async (t) => {
  const thread = await RawThread.open();
  await thread.unshare(CLONE.NEWNS | CLONE.NEWUTS);
  await thread.mount('', '/', '', MS.REC | MS.PRIVATE);
  await thread.setHostname('cloned');
  const root = busybox();
  const [uts, mnt] = [await thread.openNamespace('uts'), await thread.openNamespace('mnt')];
  await thread.mount(root, root, '', MS.BIND);
  await thread.chdir(root);
  await thread.pivotRoot('.', '.');
  await thread.umount('.', MNT.DETACH);
  const exec = (script: string) =>
    operation('exec', { file: '/bin/sh', argv: ['sh', '-c', script], envp: ['PATH=/bin'], path: '/bin' });
  const program = [
    operation('setns', { descriptor: 3 }),
    operation('setns', { descriptor: 4 }),
    operation('chdir', { path: '/' }),
    operation('stdio', { stdin: 0, stdout: 1, stderr: 2 }),
  ];
  const child = await thread.clone({
    program: [...program, exec('hostname; echo $$; ls -d /*/busybox; exit 5')],
    cloneFlags: CLONE.NEWPID,
    descriptors: [uts, mnt],
  });
  const said = text(child.stdout as NodeJS.ReadableStream);
  t.match(await child.exited, { exitCode: 5, signal: null });
  t.equal(await said, 'cloned\n1\n/bin/busybox\n');
  await t.rejects(thread.clone({ program: [operation('chdir', { path: '/nowhere' }), exec('')] }), { code: 'ERR_CWD' });
  closeSync(uts);
  closeSync(mnt);
  await thread.close();
});

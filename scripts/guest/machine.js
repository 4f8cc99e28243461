// The guest as two processes of ours: virtiofsd, which serves this machine's root, and QEMU. Both die with this program,
// however it ends, and are ended by the handles that we keep.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { VIRTIOFSD } from '../setup/packages.js';
import { which } from '../setup/programs.js';
import { Unavailable } from './unavailable.js';

/** For virtiofsd to be ready, ms. */
const PATIENCE = 10_000;
const MEMORY = '2G';
const CPUS = Math.min(2, availableParallelism());
/** Name of the port by which the guest tells its results. */
export const RESULTS_PORT = 'cofferdam.results';

/** The newer one understands the older one's options. */
export const virtiofsd = () => VIRTIOFSD.find((path) => existsSync(path)) ?? which('virtiofsd');

/** A child that the kernel kills when this process dies, be it by SIGKILL: PR_SET_PDEATHSIG, by way of setpriv(1). */
export const tethered = (command) =>
  // Standard input stays open: at its end, QEMU would take the port on its standard output as closed.
  spawn('setpriv', ['--pdeathsig', 'KILL', ...command], { stdio: ['pipe', 'pipe', 'pipe'] });

/** A chroot needs less of the machine than namespaces do. Nothing changes beneath the guest while it runs. */
const virtiofsdArguments = (directory) => [
  ...['-f', `--socket-path=${directory}/virtiofs`],
  ...['-o', 'source=/', '-o', 'sandbox=chroot', '-o', 'cache=always'],
];

function qemuArguments({ kernel, acceleration, directory }) {
  return [
    ...acceleration.arguments,
    ...['-machine', 'pc', '-smp', String(CPUS), '-m', MEMORY],
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none'],
    // virtiofsd reads and writes the guest's memory: it must be shared.
    ...['-object', `memory-backend-memfd,id=memory,size=${MEMORY},share=on`, '-numa', 'node,memdev=memory'],
    ...['-chardev', `socket,id=root,path=${directory}/virtiofs`, '-device', 'vhost-user-fs-pci,chardev=root,tag=host'],
    ...['-chardev', `file,id=console,path=${directory}/console`, '-serial', 'chardev:console'],
    ...['-chardev', 'stdio,id=results,signal=off', '-device', 'virtio-serial-pci'],
    ...['-device', `virtserialport,chardev=results,name=${RESULTS_PORT}`],
    ...['-kernel', kernel.image, '-initrd', `${directory}/initramfs`],
    // panic=-1 restarts at once, which -no-reboot makes an end.
    ...['-append', 'console=ttyS0 quiet panic=-1'],
  ];
}

const ended = (child) => child.exitCode !== null || child.signalCode !== null;
const end = (child) =>
  new Promise((resolve) => {
    if (ended(child) || child.pid === undefined) resolve();
    else {
      child.once('exit', resolve);
      child.kill('SIGKILL');
    }
  });

/** Until virtiofsd has made its socket. @throws {Unavailable} when it ends instead */
async function listening(files, path, log) {
  for (const until = Date.now() + PATIENCE; !existsSync(path); await sleep(10)) {
    if (!ended(files) && Date.now() < until) continue;
    throw new Unavailable(`virtiofsd cannot serve this machine's root: ${log.join('').trim() || 'it is silent'}`);
  }
}

/**
 * Boot, and hand out what the guest says.
 * @param {{ kernel: import('./kernel.js').Kernel, acceleration: object, initramfs: Buffer }} options
 * @throws {Unavailable}
 */
export async function bootMachine({ kernel, acceleration, initramfs }) {
  const directory = mkdtempSync(`${tmpdir()}/cofferdam-guest-`);
  const children = [];
  const log = [];
  const start = (command) => {
    const child = tethered(command);
    children.unshift(child);
    child.once('error', (error) => log.push(`${error.message}\n`));
    child.stderr.setEncoding('utf8').on('data', (text) => log.push(text));
    return child;
  };
  const stop = async () => {
    for (const child of children) await end(child);
  };
  const discard = async () => {
    await stop();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    writeFileSync(`${directory}/initramfs`, initramfs);
    const files = start([virtiofsd(), ...virtiofsdArguments(directory)]);
    files.stdout.resume();
    await listening(files, `${directory}/virtiofs`, log);
    const qemu = start([which('qemu-system-x86_64'), ...qemuArguments({ kernel, acceleration, directory })]);
    return {
      /** The guest's messages, as they come; its end ends them. */
      results: qemu.stdout.setEncoding('utf8'),
      /** What the guest's console and both programs said. */
      console: () => `${consoleText(directory)}${log.join('')}`,
      stop,
      discard,
    };
  } catch (error) {
    await discard();
    throw error;
  }
}

function consoleText(directory) {
  try {
    return readFileSync(`${directory}/console`, 'utf8').replaceAll('\r', '');
  } catch {
    return '';
  }
}

/** A small guest that runs commands one after the other: this machine's own programs, on an emulated machine. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Acceleration, accelerations } from '../../../scripts/guest/acceleration.js';
import { guestKernel } from '../../../scripts/guest/kernel.js';
import { type Contents, guestRoot } from './initramfs.ts';
import { HEADLESS, Machine } from './machine.ts';

/** The lab's own machine has that much. */
export const MEMORY_MIB = 1536;

const READY = '@@READY';

/** Commands come by lines; each one's end is told with its status. The console must not change what goes over it. */
const SERVE = `stty raw -echo </dev/ttyS0
exec </dev/ttyS0 >/dev/ttyS0 2>&1
echo ${READY}
while read -r line; do eval "$line"; echo "@@END $?"; done`;

export interface GuestOptions extends Omit<Contents, 'last'> {
  /** Before the first command. */
  setup?: string;
  /** Of QEMU, beside kernel and memory. */
  devices: readonly string[];
  /** Private to the run. */
  directory: string;
  signal: AbortSignal;
}

export class Guest {
  /** 'vm (kvm)', or 'vm (emulated)'. */
  readonly label: string;
  readonly #machine: Machine;
  readonly #signal: AbortSignal;

  private constructor(machine: Machine, label: string, signal: AbortSignal) {
    this.#machine = machine;
    this.label = label;
    this.#signal = signal;
  }

  /** Hardware acceleration where a guest truly boots with it, else emulation. @throws when neither does */
  static async boot(options: GuestOptions): Promise<Guest> {
    const kernel = guestKernel();
    const initrd = join(options.directory, 'initramfs');
    const { setup = '', devices, signal } = options;
    writeFileSync(initrd, guestRoot(kernel, { ...options, last: `${setup}\n${SERVE}` }));
    let failure: unknown;
    for (const acceleration of accelerations()) {
      const machine = new Machine([...guestArguments(acceleration, kernel.image, initrd), ...devices]);
      try {
        await machine.wait(new RegExp(READY), acceleration.patience * 1000, signal);
        return new Guest(machine, vmLabel(acceleration), signal);
      } catch (error) {
        await machine.stop();
        signal.throwIfAborted();
        failure = error;
      }
    }
    throw failure;
  }

  /**
   * What a shell command printed.
   * @param patience milliseconds
   * @throws when its status is not 0
   */
  async run(command: string, patience: number): Promise<string> {
    const from = this.#machine.position;
    this.#machine.write(`${command}\n`);
    const found = await this.#machine.wait(/@@END (\d+)\r?\n/, patience, this.#signal, from);
    const output = this.#machine.text.slice(from, from + found.index);
    if (found[1] !== '0') throw new Error(`the virtual machine: '${command}' ended with ${found[1]}: ${output}`);
    return output;
  }

  stop(): Promise<void> {
    return this.#machine.stop();
  }
}

export const vmLabel = ({ name }: Acceleration): string => (name === 'kvm' ? 'vm (kvm)' : 'vm (emulated)');

const guestArguments = (acceleration: Acceleration, kernel: string, initrd: string): string[] => [
  ...acceleration.arguments,
  ...['-machine', 'pc', '-smp', '1', '-m', String(MEMORY_MIB), '-nodefaults', '-no-user-config', ...HEADLESS],
  ...['-kernel', kernel, '-initrd', initrd, '-append', 'console=ttyS0 quiet loglevel=0 panic=-1'],
];

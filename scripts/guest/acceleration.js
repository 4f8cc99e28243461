import { accessSync, constants, readFileSync } from 'node:fs';

/**
 * How QEMU may run the guest, best first. That /dev/kvm is there says little: inside a virtual machine it often opens, and
 * yet no guest ever runs. So the processor must say that it can, and the boot has to prove it before `patience` is over.
 * Emulation is done by one thread for all CPUs. With a thread for each (QEMU 7.2) the first Node that compiled in a guest
 * once ended by SIGSEGV, and 86 later starts did not show why. One thread leaves out what concurrent translation alone can
 * get wrong, and takes no more CPU time.
 */
const EMULATED = { name: 'tcg', arguments: ['-accel', 'tcg,thread=single', '-cpu', 'qemu64'], patience: 240 };
const HARDWARE = { name: 'kvm', arguments: ['-accel', 'kvm', '-cpu', 'host'], patience: 20 };

/** @typedef {{ name: string, arguments: string[], patience: number }} Acceleration patience in seconds */

/** @returns {Acceleration[]} */
export const accelerations = () => (mayHaveKvm() ? [HARDWARE, EMULATED] : [EMULATED]);

function mayHaveKvm() {
  if (!/^flags.*\b(vmx|svm)\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'))) return false;
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

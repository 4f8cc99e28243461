/** What is booted: first as in the lab, then with one cause of its slowness less each time. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { guestKernel } from '../../../../scripts/guest/kernel.js';
import { MEMORY_MIB } from '../../../shared/vm/guest.ts';
import { guestRoot } from '../../../shared/vm/initramfs.ts';
import { HEADLESS } from '../../../shared/vm/machine.ts';
import { type BootImage, CONSOLE, ROOT } from './image.ts';

export interface Step {
  readonly name: string;
  /** What is different from the step before. */
  readonly removes: string;
  /** QEMU's options, without acceleration and console. */
  readonly options: readonly string[];
}

const memory = ['-m', String(MEMORY_MIB)];

/** The lab's own line; nothing of what is written stays, so that each boot is the same. */
const COMMON = [...memory, '-snapshot'];

const direct = (kernel: string, initrd: string, append: string): string[] => [
  ...['-kernel', kernel, '-initrd', initrd, '-append', append],
];

/** A machine without anything that was once in a PC; its few devices are told to the kernel on its command line. With ACPI
 * there would be no timer that an emulated one can be calibrated by. */
const MICROVM = ['-machine', 'microvm,acpi=off', '-nodefaults', '-no-user-config'];

const PROMPT = `echo; echo 'benchmark login: '; sleep 600`;

/** busybox alone as a first root: it prints the prompt as soon as it runs. */
export function busyboxRoot(directory: string): string {
  const path = join(directory, 'busybox.cpio');
  writeFileSync(path, guestRoot(guestKernel(), { last: PROMPT }));
  return path;
}

export function debianSteps({ disk, kernel, initrd }: BootImage, busybox: string): Step[] {
  const append = `${ROOT} ${CONSOLE}`;
  const virtio = ['-drive', `file=${disk},if=virtio,format=raw`];
  const system = direct(kernel, initrd, append);
  return [
    {
      name: 'the lab’s line',
      removes: 'nothing: IDE disk, BIOS and GRUB, machine pc, systemd',
      options: ['-hda', disk, ...COMMON],
    },
    { name: 'virtio disk', removes: 'IDE', options: [...virtio, ...COMMON] },
    { name: 'direct kernel', removes: 'BIOS’ disk reads and GRUB', options: [...virtio, ...COMMON, ...system] },
    { name: 'q35', removes: 'the old chipset', options: ['-machine', 'q35', ...virtio, ...COMMON, ...system] },
    {
      name: 'busybox',
      removes: 'Debian’s first root, the disk, systemd',
      options: ['-machine', 'q35', ...memory, ...direct(kernel, busybox, CONSOLE)],
    },
    // Not before: without ACPI Debian's kernels see no disk there (they lack VIRTIO_MMIO_CMDLINE_DEVICES).
    {
      name: 'microvm',
      removes: 'PCI, ACPI and all old devices',
      options: [...MICROVM, ...memory, ...direct(kernel, busybox, CONSOLE)],
    },
    {
      name: 'cloud kernel',
      removes: 'drivers for hardware that no VM has',
      options: [...MICROVM, ...memory, ...direct(guestKernel().image, busybox, CONSOLE)],
    },
  ];
}

export function busyboxSteps(busybox: string): Step[] {
  const system = direct(guestKernel().image, busybox, CONSOLE);
  return [
    { name: 'pc, busybox', removes: 'nothing: machine pc, a first root of busybox', options: [...memory, ...system] },
    { name: 'q35, busybox', removes: 'the old chipset', options: ['-machine', 'q35', ...memory, ...system] },
    { name: 'microvm, busybox', removes: 'PCI, ACPI and all old devices', options: [...MICROVM, ...memory, ...system] },
  ];
}

export const HEADLESS_OPTIONS = HEADLESS;

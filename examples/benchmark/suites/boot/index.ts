/** The boot suite: how long until a login prompt, and why. */
import { createContainer } from 'cofferdam';
import { accelerations } from '../../../../scripts/guest/acceleration.js';
import { HEADLESS, Machine } from '../../../shared/vm/machine.ts';
import { noVm, VM_PROGRAMS } from '../../environments/vm.ts';
import { type Competitor, compete } from '../../laboratory/section.ts';
import { spread } from '../../report/plots/spread.ts';
import { stagePlot } from '../../report/plots/stages.ts';
import { figure } from '../../report/text.ts';
import { again, type Cost, type Result } from '../../result.ts';
import { ensureBusyboxRoot } from '../../rootfs.ts';
import { median } from '../../statistics.ts';
import type { Context, Suite } from '../../suite.ts';
import { bootImage } from './image.ts';
import { busyboxRoot, busyboxSteps, debianSteps, type Step } from './steps.ts';

/** A boot that takes longer hangs: an emulated machine on a busy one needs minutes. */
const PATIENCE = 600_000;
const ROUNDS = 3;
const QUICK_ROUNDS = 2;
/** Containers in a row for each machine: the first of them finds the caches as an emulator has left them. */
const LAUNCHES = 5;

const PROMPT = /login: /;
export const CONTAINER = 'container';

/** What the console says when a stage is over; a boot that never says it has no such stage. */
const STAGES: readonly { stage: string; until: RegExp }[] = [
  { stage: 'firmware, boot loader', until: /Linux version/ },
  { stage: 'kernel', until: /Run \/init as init process/ },
  { stage: 'first root, finding the disk', until: /systemd\[1\]: systemd \d+|Welcome to .*Debian/ },
  { stage: 'init: systemd or busybox', until: PROMPT },
];

/** Milliseconds of each stage. */
export function stagesOf(when: (mark: RegExp) => number | undefined): { stage: string; milliseconds: number }[] {
  let before = 0;
  return STAGES.flatMap(({ stage, until }) => {
    const at = when(until);
    if (at === undefined) return [];
    const milliseconds = at - before;
    before = at;
    return [{ stage, milliseconds }];
  });
}

function booted(context: Context, step: Step, costs: Map<string, Cost[]>): Competitor {
  const [acceleration] = accelerations();
  const options = [...(acceleration?.arguments ?? []), ...step.options, ...HEADLESS];
  context.command(`${step.name}; removed: ${step.removes}`, ['qemu-system-x86_64', ...options].map(quoted).join(' '));
  return {
    condition: '',
    subject: step.name,
    async measure() {
      const machine = new Machine(options);
      try {
        await machine.wait(PROMPT, PATIENCE, context.signal);
        for (const { stage, milliseconds } of stagesOf((mark) => machine.when(mark))) {
          const rows = costs.get(step.name) ?? [];
          const row = rows.find(({ text }) => text === stage);
          const samples = [...(row?.samples ?? []), milliseconds * 1000];
          costs.set(step.name, [
            ...rows.filter((each) => each !== row),
            { of: bootOf(step.name), text: stage, operation: stage, samples },
          ]);
        }
        return [(machine.when(PROMPT) as number) / 1000];
      } finally {
        await machine.stop();
      }
    },
  };
}

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`);
const bootOf = (name: string): string => `boot: ${name}`;

/** Seconds until a container's first process has written the prompt. */
async function toPrompt(root: string): Promise<number> {
  const begun = performance.now();
  const box = await createContainer({ rootfs: { lower: root }, hostname: 'benchmark' });
  try {
    const child = await box.start(['/bin/sh', '-c', 'echo "benchmark login: "; read -r line']);
    for await (const text of child.stdout ?? []) if (PROMPT.test(String(text))) break;
    return (performance.now() - begun) / 1000;
  } finally {
    await box.remove();
  }
}

/** A container with the same files. */
function contained(context: Context, root: string, subject: string): Competitor {
  context.command(
    subject,
    `createContainer({ rootfs: { lower: '${root}' } }).start(['/bin/sh', '-c', 'echo login:; …'])`,
  );
  return {
    condition: '',
    subject,
    async measure() {
      const seconds: number[] = [];
      for (let i = 0; i < LAUNCHES; i++) seconds.push(await toPrompt(root));
      return seconds;
    },
  };
}

async function competitors(context: Context, costs: Map<string, Cost[]>): Promise<Competitor[]> {
  const busybox = busyboxRoot(context.scratch);
  const image = context.quick ? undefined : await bootImage(context.cache, context.signal);
  const steps = image ? debianSteps(image, busybox) : busyboxSteps(busybox);
  const root = image?.root ?? (await ensureBusyboxRoot());
  return [
    ...steps.map((step) => booted(context, step, costs)),
    contained(context, root, CONTAINER),
    contained(context, root, again(CONTAINER)),
  ];
}

function interpret(result: Result): string[] {
  const seconds = (subject: string) =>
    median(result.series.find((each) => each.subject === subject)?.rounds.flat() ?? []);
  const machines = result.series.map(({ subject }) => subject).filter((name) => !name.startsWith(CONTAINER));
  const own = seconds(CONTAINER);
  const first = machines[0];
  if (first === undefined || Number.isNaN(own)) return [];
  const lines = [
    `${first}: ${figure(seconds(first))} s to the prompt; the container ${figure(own * 1000)} ms, ${Math.round(seconds(first) / own).toLocaleString('en')} times as quick. It has no firmware, no kernel and no system of services to start: what it runs is there as soon as its namespaces are.`,
  ];
  machines.slice(1).forEach((name, index) => {
    const before = machines[index] as string;
    const saved = seconds(before) - seconds(name);
    const share = (100 * Math.abs(saved)) / seconds(first);
    lines.push(
      `${name}: ${figure(seconds(name))} s, ${figure(Math.abs(saved))} s ${saved >= 0 ? 'less' : 'more'} than ${before} (${share.toFixed(0)} % of the first).`,
    );
  });
  return lines;
}

export const boot: Suite = {
  name: 'boot',
  title: 'Boot: from power on to the login prompt, and what takes so long',
  about: 'a VM to its login prompt, one cause of its slowness less each time',
  programs: VM_PROGRAMS,
  peers: ['mmdebstrap', 'mke2fs'],
  once: 'a kernel for the VM and (not with --quick) a Debian image, 5 min',
  disk: ({ quick }) => (quick ? 2 ** 28 : 3 * 2 ** 30),
  memory: () => 2 * 2 ** 30,
  seconds: ({ quick, runs }) => (quick ? 5 + 9 * ((runs ?? QUICK_ROUNDS) + 1) : 10 + 190 * ((runs ?? ROUNDS) + 1)),
  async run(context) {
    const reason = noVm(context.present);
    if (reason) throw Object.assign(new Error(`no virtual machine: ${reason}`), { code: 'ERR_REQUIREMENTS' });
    const [acceleration] = accelerations();
    context.note(
      acceleration?.name === 'kvm'
        ? 'The machines ran with KVM.'
        : 'There is no KVM here: all machines were emulated (TCG), several times slower than with it. What a cause takes relative to the others is much the same.',
    );
    const costs = new Map<string, Cost[]>();
    const all = await competitors(context, costs);
    const rounds = context.runs ?? (context.quick ? QUICK_ROUNDS : ROUNDS);
    const series = await compete(context, { section: 'boot', rounds, unit: 's', competitors: all });
    // The first sample of each was the warm-up's.
    const steps = [...costs.values()].flat().map((cost) => ({ ...cost, samples: cost.samples.slice(1) }));
    return { series, costs: steps };
  },
  comparisons: [
    ...['the lab’s line', 'virtio disk', 'direct kernel', 'q35', 'busybox', 'microvm', 'cloud kernel'].map((name) => ({
      text: `${name} / ${CONTAINER}`,
      over: { section: 'boot', condition: '', subject: name },
      under: { section: 'boot', condition: '', subject: CONTAINER },
      headline: true as const,
    })),
    ...['pc, busybox', 'q35, busybox', 'microvm, busybox'].map((name) => ({
      text: `${name} / ${CONTAINER}`,
      over: { section: 'boot', condition: '', subject: name },
      under: { section: 'boot', condition: '', subject: CONTAINER },
      headline: true as const,
    })),
    {
      text: `noise: ${CONTAINER} / itself`,
      over: { section: 'boot', condition: '', subject: again(CONTAINER) },
      under: { section: 'boot', condition: '', subject: CONTAINER },
      headline: true,
    },
  ],
  method: [
    'From the start of QEMU to `login:` on the serial console; the container from the call to the same word on its standard output. Each step keeps what the steps before removed.',
    'The image is Debian, installed unattended: 10 GB, one partition, GRUB, systemd. It is booted with -snapshot, so that every boot is the same. The first boot of each is not counted: it fills the host’s cache.',
    'Stages are told by the console: the kernel’s first message, its start of the first root, systemd’s first message, the prompt. Kernel messages go to the serial line from the first instruction on, in all steps alike.',
  ],
  interpret,
  plots({ series, costs }) {
    const stages = costs.map(({ of, text, samples }) => ({
      whole: of.replace(/^boot: /, ''),
      stage: text,
      value: median(samples) / 1e6,
    }));
    return [
      ...(stages.length > 0
        ? [
            stagePlot({
              title: 'Power on to login prompt, one cause less each time',
              about: 'Medians of the stages of all boots. The container beside it would be too short to be seen here.',
              axis: 'seconds',
              stages,
            }),
          ]
        : []),
      spread({
        title: 'The same with the container',
        about: 'On a logarithmic axis, to have both in one picture.',
        series,
      }),
    ];
  },
};

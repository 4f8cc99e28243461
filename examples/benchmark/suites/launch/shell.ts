/** Peers as a shell starts them: without Node, which takes a millisecond or two of its own. Beside them our library as ever. */
import { batchOf, compete, type Launcher, type Section } from '../../laboratory/section.ts';

export const FROM_SHELL = 'from a shell';

export const shell: Section = {
  name: FROM_SHELL,
  about: 'peers started by a shell instead of Node',
  seconds: ({ rounds, batch }) => (rounds + 1) * batch * 0.15,
  async run(bench) {
    const { rounds, batch } = bench.size;
    const worker = await bench.worker('small');
    const all: Launcher[] = [{ subject: 'cofferdam', launches: worker.launches('cofferdam') }];
    for (const name of bench.environments) {
      const launches = await bench.shell(name);
      if (launches) all.push({ subject: name, launches });
    }
    const competitors = all.map(({ subject, launches }) => ({
      condition: '',
      subject,
      measure: async () => (await launches({ count: batchOf(subject, batch), atOnce: 1 })).samples,
    }));
    return { series: await compete(bench.context, { section: this.name, rounds, competitors }) };
  },
};

import t from 'tap';
import { interleave } from '../../../examples/benchmark/interleave.ts';
import { seeded } from '../../../examples/benchmark/random.ts';

const never = new AbortController().signal;

t.test('everyone has a turn in each round, in changing order', async (t) => {
  const seen: string[] = [];
  const done: number[] = [];
  const samples = await interleave(
    ['a', 'b', 'c'],
    { rounds: 10, random: seeded(1), signal: never, pause: 0, progress: (round) => done.push(round) },
    async (subject) => {
      seen.push(subject);
      return [seen.length];
    },
  );
  t.equal(seen.length, 30);
  const rounds = Array.from({ length: 10 }, (_, round) => seen.slice(3 * round, 3 * round + 3));
  for (const round of rounds) t.same([...round].sort(), ['a', 'b', 'c']);
  t.ok(new Set(rounds.map((round) => round.join(''))).size > 1);
  t.same(done, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  // Each subject's samples are those of its own turns, round by round.
  samples.forEach((ofSubject, index) => {
    t.equal(ofSubject.length, 10);
    ofSubject.forEach(([turn], round) => {
      t.equal(seen[(turn as number) - 1], ['a', 'b', 'c'][index]);
      t.equal(Math.floor(((turn as number) - 1) / 3), round);
    });
  });
});

t.test('an abort ends it before the next turn', async (t) => {
  const controller = new AbortController();
  const reason = new Error('enough');
  let turns = 0;
  const running = interleave(
    [1, 2],
    { rounds: 5, random: seeded(1), signal: controller.signal, pause: 0 },
    async () => {
      if (++turns === 3) controller.abort(reason);
      return [];
    },
  );
  await t.rejects(running, reason);
  t.equal(turns, 3);
});

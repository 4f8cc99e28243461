import t from 'tap';
import { rlimits } from '../../../lib/options/rlimits.ts';
import { RLIMIT } from '../../../lib/program/constants.ts';
import { TOLERATE } from '../../../lib/program/contract.ts';
import { oomScoreOperations, rlimitOperations } from '../../../lib/security/limits.ts';
import { hostId } from '../../../lib/security/user-namespace.ts';
import { argsOf, textOf } from '../support/operations.ts';

t.test('resource limits', (t) => {
  const process = { rlimits: rlimits({ nofile: { soft: 10, hard: 20 }, core: 'unlimited' }, 'rlimits') };
  t.match(rlimitOperations(process), [
    { name: 'setrlimit', args: { resource: RLIMIT.nofile, soft: 10, hard: 20 } },
    { name: 'setrlimit', args: { resource: RLIMIT.core, soft: -1, hard: -1 } },
  ]);
  t.end();
});

t.test("the OOM killer's list", (t) => {
  t.strictSame(oomScoreOperations({ oomScoreAdj: 0 }, 'child', 0), [], 'nothing to do');
  t.strictSame(oomScoreOperations({ oomScoreAdj: 300 }, 'child', 300), []);
  const [asked] = oomScoreOperations({ oomScoreAdj: 500 }, 'host', 0);
  t.match(asked, { name: 'write', actor: 'host', tolerate: 0, args: { path: '/proc/self/oom_score_adj' } });
  t.equal(textOf(argsOf(asked).data), '500');
  const [reset] = oomScoreOperations({ oomScoreAdj: 0 }, 'child', 500);
  t.match(reset, { tolerate: TOLERATE.EPERM }, "what this program has is not the container's; lowering may be refused");
  t.end();
});

t.test('ids of a user namespace', (t) => {
  const mappings = [
    { containerID: 0, hostID: 100000, size: 1000 },
    { containerID: 5000, hostID: 7, size: 1 },
  ];
  t.strictSame(
    [0, 999, 1000, 5000, 5001].map((id) => hostId(mappings, id)),
    [100000, 100999, undefined, 7, undefined],
  );
  t.end();
});

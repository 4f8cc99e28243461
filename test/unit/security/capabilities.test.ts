import t from 'tap';
import { capabilities } from '../../../lib/options/capabilities.ts';
import { parseCapabilityFacts } from '../../../lib/security/available.ts';
import { capabilityMasks } from '../../../lib/security/capabilities.ts';

const KNOWN = 2n ** 41n - 1n;
const SYS_RESOURCE = 1n << 24n;
const masks = (option: unknown, available = KNOWN) => capabilityMasks(capabilities(option, 'capabilities'), available);

t.test('masks for the wire are numbers', (t) => {
  t.strictSame(masks('default'), {
    bounding: 0xa80425fb,
    effective: 0xa80425fb,
    permitted: 0xa80425fb,
    inheritable: 0,
    ambient: 0,
  });
  t.equal(masks('all').bounding, 2 ** 41 - 1, 'no further than the kernel knows');
  t.equal(masks('all', 2n ** 60n - 1n).bounding, 2n ** 60n - 1n, 'a kernel with more than doubles hold');
  t.end();
});

t.test('what this program lacks', (t) => {
  const lacking = KNOWN & ~SYS_RESOURCE;
  t.equal(masks('all', lacking).permitted, Number(lacking), "is left out of 'all'");
  t.equal(masks('default', 0n).bounding, 0, 'and of the default');
  t.equal(masks({ drop: ['CHOWN'] }, 1n).bounding, 0);
  for (const option of [['SYS_RESOURCE'], { add: ['SYS_RESOURCE'] }, { bounding: ['SYS_RESOURCE'] }])
    t.throws(() => masks(option, lacking), {
      code: 'ERR_PERMISSION',
      message: /'capabilities' needs CAP_SYS_RESOURCE/,
    });
  t.throws(() => masks(['CHOWN', 'BPF'], 2n), { message: /CAP_CHOWN, CAP_BPF/ });
  t.end();
});

t.test('what /proc says', (t) => {
  const status =
    'Name:\tnode\nCapInh:\t0000000000000000\nCapPrm:\t000001fffeffffff\nCapEff:\t0000000000000000\nCapBnd:\t000001ffffffffff\n';
  t.strictSame(parseCapabilityFacts(status, '40\n'), {
    permitted: 0x1fffeffffffn,
    bounding: 0x1ffffffffffn,
    known: KNOWN,
  });
  t.end();
});

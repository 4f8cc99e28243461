/** Texts on a command line as values. */
import t, { type Test } from 'tap';
import { address, count, formatSize, hostname, interfaceName, size } from '../../../lib/cli/values.ts';

const refuses = (t: Test, parse: (text: string) => unknown, texts: readonly string[], message: RegExp): void => {
  for (const text of texts) {
    t.throws(() => parse(text), { name: 'UsageError', message }, text);
  }
};

t.test('sizes are bytes or have a unit of 1024', async (t) => {
  const table: readonly (readonly [string, number])[] = [
    ['1', 1],
    ['10M', 10 * 2 ** 20],
    ['10m', 10 * 2 ** 20],
    ['64MiB', 64 * 2 ** 20],
    ['1.5G', 1.5 * 2 ** 30],
    ['512K', 512 * 1024],
    ['2TB', 2 * 2 ** 40],
  ];
  for (const [text, bytes] of table) t.equal(size(text), bytes, text);
  refuses(t, size, ['10X', '', 'M', '-1', '1e3', '10 M', '0x10', '9999999T', '١'], /is not a size; .*10M/);
  refuses(t, size, ['0', '0M'], /more than 0/);
});

t.test('bytes are written with the unit that they are a whole number of', async (t) => {
  t.equal(formatSize(10 * 2 ** 20), '10M');
  t.equal(formatSize(1536), '1536 bytes');
  t.equal(formatSize(2 ** 30), '1G');
});

t.test('addresses come with a prefix or get the usual one', async (t) => {
  t.equal(address('10.0.0.1'), '10.0.0.1/24');
  t.equal(address('10.0.0.1/8'), '10.0.0.1/8');
  t.equal(address('fd00::1'), 'fd00::1/64');
  t.equal(address('fd00::1/128'), 'fd00::1/128');
  refuses(
    t,
    address,
    ['', '10.0.0', '10.0.0.256', '10.0.0.1/33', '10.0.0.1/', '10.0.0.1/8/8', 'fe80::1%eth0', 'host', '10.0.0.1/-1'],
    /is not an IP address/,
  );
});

t.test('names are as long as the kernel takes them', async (t) => {
  t.equal(hostname('a'.repeat(64)).length, 64);
  refuses(t, hostname, ['a'.repeat(65)], /at most 64/);
  refuses(t, hostname, ['', 'a b', '-a', 'a_b'], /is not a host name/);
  t.equal(interfaceName('eth1'), 'eth1');
  refuses(t, interfaceName, ['a'.repeat(16)], /at most 15/);
  refuses(t, interfaceName, ['', 'a/b', 'a b', '.', '..'], /is not an interface name/);
  t.equal(count('2'), 2);
  refuses(t, count, ['0', '-1', '0.5', 'two', ''], /whole number, 1 or more/);
});

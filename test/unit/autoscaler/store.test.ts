/** The store's ids and its token bucket. */
import t from 'tap';
import { TokenBucket } from '../../../examples/autoscaler/store/bucket.ts';
import { fileOf, idOf } from '../../../examples/autoscaler/store/ids.ts';

t.test('an id is one file of the directory, and the file is of that id', async (t) => {
  for (const id of [
    'a',
    'A-b_c.9',
    '.',
    '..',
    '../../etc/passwd',
    '.incoming',
    'a/b',
    'a%2Fb',
    'ä',
    '日本',
    ' ',
    '\n',
    '%',
    'x'.repeat(255),
  ]) {
    const file = fileOf(id);
    t.ok(file !== undefined && /^(?!\.)[A-Za-z0-9_.%-]+$/.test(file), `${id} -> ${file}`);
    t.equal(idOf(file ?? ''), id);
  }
  t.equal(fileOf('photo.jpg'), 'photo.jpg');
});

t.test('different ids have different files', async (t) => {
  const ids = ['a/b', 'a%2Fb', 'a%2fb', 'A', 'a', '%61'];
  t.equal(new Set(ids.map(fileOf)).size, ids.length);
});

t.test('no id: empty, too long, not text', async (t) => {
  for (const id of ['', 'x'.repeat(256), 'ä'.repeat(43), '\ud800']) t.equal(fileOf(id), undefined);
});

t.test('other files are no objects', async (t) => {
  for (const file of ['.incoming', '..', 'a b', '%zz', '%61', 'a%2fb']) t.equal(idOf(file), undefined, file);
});

t.test('a bucket gives what it saved, then as fast as its rate', async (t) => {
  const bucket = new TokenBucket({ rate: 10, burst: 3, queue: 100 }, 0);
  t.strictSame(
    [0, 0, 0, 0, 0].map((now) => bucket.take(now)),
    [0, 0, 0, 100, 200],
  );
  t.equal(bucket.waiting(0), 2);
  // Both have their tokens at 200, and one more is there at 300.
  t.equal(bucket.waiting(200), 0);
  t.equal(bucket.take(300), 0);
});

t.test('nobody is served before his turn, and the rate holds over time', async (t) => {
  const bucket = new TokenBucket({ rate: 50, burst: 1, queue: 1000 }, 0);
  let last = 0;
  for (let now = 0; now < 2000; now += 5) {
    const at = now + (bucket.take(now) ?? Number.NaN);
    t.ok(at >= last - 1e-6);
    last = at;
  }
  // 400 requests at 50 a second, the first of which needs no wait.
  t.ok(Math.abs(last - 399 * 20) < 1e-6, String(last));
});

t.test('as many wait as may, then it refuses and says when to come again', async (t) => {
  const bucket = new TokenBucket({ rate: 2, burst: 1, queue: 2 }, 0);
  t.strictSame(
    [0, 0, 0, 0].map((now) => bucket.take(now)),
    [0, 500, 1000, undefined],
  );
  t.equal(bucket.retryAfter(0), 1);
  t.equal(bucket.take(499), undefined);
  t.equal(bucket.take(501), 999);
});

t.test('it saves no more than its burst, and a clock that goes back gives nothing', async (t) => {
  const bucket = new TokenBucket({ rate: 10, burst: 2, queue: 10 }, 0);
  t.strictSame(
    [1e6, 1e6, 1e6].map((now) => bucket.take(now)),
    [0, 0, 100],
  );
  t.equal(bucket.take(0), 200);
});

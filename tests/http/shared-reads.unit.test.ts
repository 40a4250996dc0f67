import { describe, expect, it } from 'vitest';
import { shareReads } from '../../runtime/shared-reads.ts';

/** A read that ends when it is told to, and says which one it was. */
function readsByHand() {
  const open: { readonly key: string; readonly end: (fail?: Error) => void }[] = [];
  let count = 0;
  const read = shareReads((key) => {
    count += 1;
    const name = `${key}${count}`;
    return new Promise<string>((resolve, reject) => {
      open.push({ key, end: (fail) => (fail ? reject(fail) : resolve(name)) });
    });
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    read,
    underWay: () => open.map(({ key }) => key),
    endOldest: async (fail?: Error) => {
      open.shift()?.end(fail);
      await settle();
    },
  };
}

describe('reads that are shared', () => {
  it('are one at a time for each key, and began after everybody asked who gets their result', async () => {
    const { read, underWay, endOldest } = readsByHand();
    const first = read('a');
    const later = [read('a'), read('a'), read('a')];
    const other = read('b');
    expect(underWay()).toEqual(['a', 'b']);
    await endOldest();
    expect(await first).toBe('a1');
    expect(underWay()).toEqual(['b', 'a']);
    const latest = read('a');
    await endOldest();
    expect(await other).toBe('b2');
    await endOldest();
    expect(await Promise.all(later)).toEqual(['a3', 'a3', 'a3']);
    expect(underWay()).toEqual(['a']);
    await endOldest();
    expect(await latest).toBe('a4');
    const again = read('a');
    await endOldest();
    expect(await again).toBe('a5');
  });

  it('fail for those who waited for that one, and the next ones are read', async () => {
    const { read, underWay, endOldest } = readsByHand();
    const first = read('a');
    const second = read('a');
    const outcomes = Promise.allSettled([first]);
    await endOldest(new Error('away'));
    expect(await outcomes).toMatchObject([{ status: 'rejected', reason: { message: 'away' } }]);
    expect(underWay()).toEqual(['a']);
    await endOldest();
    expect(await second).toBe('a2');
  });
});

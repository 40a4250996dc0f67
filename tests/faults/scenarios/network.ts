import { delay } from '../../../scripts/stack/run.ts';
import { mixedOperations, underLoad } from '../load.ts';
import type { Weather } from '../proxies/tcp-proxy.ts';
import type { Scenario } from '../scenario.ts';
import type { Link } from '../stand.ts';

const SPREAD_MS = 3_000;
const WEATHERS: readonly Exclude<Weather, { kind: 'clear' }>[] = [
  { kind: 'cut' },
  { kind: 'silent' },
  { kind: 'slow', delayMs: 40, bytesPerSecond: 200_000 },
  { kind: 'half-closed', towards: 'client' },
  { kind: 'half-closed', towards: 'server' },
];
const QUICK_POINTS = 3;

const described = (link: Link, weather: Weather): string =>
  `${link} ${weather.kind}${weather.kind === 'half-closed' ? ` towards the ${weather.towards}` : ''}`;

/** Each connection between two parts is cut, made silent, slowed down and half closed, for a while, under a mixed load. */
export const network: Scenario = {
  name: 'network',
  summary: 'the network between each pair of parts cut, silent, slow and half closed, under a mixed load',
  run: async ({ stand, world, random, quick, points, tell }) => {
    const all = [...stand.links.keys()].flatMap((link) => WEATHERS.map((weather) => ({ link, weather })));
    const asked = all.slice(points.first - 1, points.last);
    const chosen = quick ? random.shuffle(asked).slice(0, QUICK_POINTS) : asked;
    const problems: string[] = [];
    for (const [index, { link, weather }] of chosen.entries()) {
      const operations = await mixedOperations(world, 1, random);
      const found = await underLoad(operations, SPREAD_MS, async () => {
        await delay(random.between(100, SPREAD_MS / 2));
        stand.link(link).set(weather);
        await delay(random.between(1_000, 4_000));
        stand.link(link).set({ kind: 'clear' });
      });
      problems.push(...found.map((problem) => `${described(link, weather)}: ${problem}`));
      tell(`${points.first + index} ${described(link, weather)}${found.length > 0 ? ': FAILED' : ''}`);
    }
    return { points: chosen.length, problems };
  },
};

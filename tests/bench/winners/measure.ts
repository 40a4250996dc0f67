import { awardMany, type Stages } from '../../support/many-winners.ts';
import { setModeScene } from '../../support/modes.ts';
import { peakMebibytes } from '../harness/process-memory.ts';
import { median } from '../harness/statistics.ts';
import { judge, type Figure, type Measure } from '../measure.ts';

const SIZES = { full: { large: 10_000, small: 1_000 }, quick: { large: 1_200, small: 120 } } as const;
/** Ten times the winners: in proportion, and a tenth more. */
const GROWTH = 11;
/** A worker that held the winners of a giveaway would grow with it. */
const FLAT = 1.25;
/**
 * V8 lets garbage lie until a heap is some hundreds of megabytes large, which a cold worker takes thousands of winners
 * for: of the growth until then one cannot say whether anything is held. With so little room (what it holds takes 75 MiB)
 * it has to gather all the time, and what would grow with the winners would end it.
 */
const WORKER_SETTINGS = { NODE_OPTIONS: '--max-old-space-size=192' };
/** A host with more than any run can spend. */
const FUNDED_MINOR = '4000000000';

interface Round {
  readonly seconds: Stages;
  readonly peakMebibytes: number;
}

export const winners: Measure = {
  name: 'winners',
  summary: 'a giveaway with ten thousand winners, from the draft until all have their prize, against one of a thousand',
  run: async ({ stack, rounds, quick, tell }): Promise<readonly Figure[]> => {
    const { large, small } = quick ? SIZES.quick : SIZES.full;
    stack.environment['SWEEP_INTERVAL_MS'] = '2000';
    stack.settingsOf['worker'] = WORKER_SETTINGS;
    await stack.startApplications();
    const scene = await setModeScene(stack, FUNDED_MINOR);
    tell(`giveaways with ${large} and with ${small} winners, through both books and the mail relay`);
    const award = async (count: number): Promise<Round> => {
      const url = stack.environment['DATABASE_URL_GIVEAWAY'] ?? '';
      const done = await peakMebibytes(stack, 'worker', () => awardMany(scene, url, count));
      return { seconds: done.value.seconds, peakMebibytes: done.peakMebibytes };
    };
    // A process keeps what it once took from the machine: a small one warms up, and the first small one that counts comes
    // before any large one.
    await award(small);
    const turns = { ours: [] as Round[], peer: [] as Round[] };
    for (let round = 1; round <= rounds; round += 1) {
      turns.peer.push(await award(small));
      turns.ours.push(await award(large));
    }
    const secondsOf = (all: readonly Round[], of: (seconds: Stages) => number): number =>
      median(all.map(({ seconds }) => of(seconds)));
    const unit = `seconds, ${large} winners of ${small}`;
    const stage = (name: keyof Stages): Figure =>
      judge({
        name: `winners.${name}`,
        unit,
        figure: secondsOf(turns.ours, (seconds) => seconds[name]),
        peer: secondsOf(turns.peer, (seconds) => seconds[name]),
      });
    const total = ({ publish, draw, fulfil }: Stages): number => publish + draw + fulfil;
    return [
      judge({
        name: 'winners.growth',
        unit,
        figure: secondsOf(turns.ours, total),
        peer: secondsOf(turns.peer, total),
        goal: { of: 'ratio', atMost: GROWTH },
      }),
      stage('publish'),
      stage('draw'),
      stage('fulfil'),
      judge({
        name: 'winners.memory',
        unit: `MiB of the worker, ${large} winners of ${small}`,
        figure: turns.ours[0]?.peakMebibytes ?? Number.NaN,
        peer: turns.peer[0]?.peakMebibytes ?? Number.NaN,
        goal: { of: 'ratio', atMost: FLAT },
      }),
    ];
  },
};

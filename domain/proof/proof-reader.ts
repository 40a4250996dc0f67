import { awardedRanks, type DrawAward } from '../draw/assign-prizes.ts';
import { EntryTree } from '../draw/entry-tree.ts';
import { commitmentAt, EntryWeights, isCommitmentAt, type WeighedParticipants } from '../draw/entry-weights.ts';
import { requireDraw } from '../draw/invalid-draw.ts';
import { ranksOf, type Ranks } from '../draw/rankings.ts';
import type { ProofCrypto, ProofHead } from './proof.ts';
import { checkAwards, checkRoot, checkRules, checkSeed, checkSignature, checkTotals } from './proof-checks.ts';
import {
  BETWEEN_LISTS,
  LAST_LINE,
  parseAwardText,
  parseEntryText,
  parseHeadLine,
  parseRankText,
} from './proof-text.ts';
import { checkRandomness, checkWitness } from './randomness-checks.ts';
import { type AskedReceipt, ReceiptSearch, type ReceiptVerdict } from './receipt-search.ts';
import { type KnownElsewhere, TRUST } from './trust-checks.ts';

/** In the order of the document; the first that fails is the one reported. */
export type ProofStep =
  | 'format'
  | keyof typeof TRUST
  | 'rules'
  | 'entries'
  | 'totals'
  | 'root'
  | 'signature'
  | 'randomness'
  | 'witness'
  | 'seed'
  | 'ranking'
  | 'awards';

export interface Statement {
  readonly step: ProofStep;
  readonly text: string;
}

export interface VerifyOptions extends KnownElsewhere {
  /** A receipt whose entry is looked for on the way. */
  readonly receipt?: AskedReceipt;
}

type Expected = 'head' | 'entries' | 'ranking' | 'awards' | 'nothing';

/**
 * Repeats a draw from the lines of its proof, one at a time. What it keeps of an entry are the 48 bytes that a ranking
 * needs; every line is either one that it expects, to the byte, or is refused.
 */
export class ProofReader {
  readonly statements: Statement[] = [];
  /** What is being checked. */
  step: ProofStep = 'format';
  readonly #crypto: ProofCrypto;
  readonly #options: VerifyOptions;
  readonly #tree: EntryTree;
  readonly #weights = new EntryWeights();
  /** Whoever has a rank that takes a unit. */
  readonly #awarded = new Map<number, string>();
  readonly #awards: DrawAward[] = [];
  #head: ProofHead | undefined;
  #receipt: ReceiptSearch | undefined;
  #verdict: ReceiptVerdict | undefined;
  #participants: WeighedParticipants | undefined;
  #ranking: Ranks | undefined;
  #expected: Expected = 'head';
  /** The line before ended with a comma. */
  #another = false;
  #line = 0;
  #item = 0;

  constructor(crypto: ProofCrypto, options: VerifyOptions) {
    this.#crypto = crypto;
    this.#options = options;
    this.#tree = new EntryTree(crypto);
  }

  /** @param text one line without its end. @throws InvalidDraw for the first thing that is wrong. */
  read(text: string): void {
    this.#line += 1;
    this.#readExpected(text);
    // What is wrong with the next line before it gets here is its form.
    this.step = 'format';
  }

  #readExpected(text: string): void {
    switch (this.#expected) {
      case 'head':
        return this.#readHead(text);
      case 'entries':
        return this.#readItem(text, BETWEEN_LISTS.ranking, (item) => this.#readEntry(item));
      case 'ranking':
        return this.#readItem(text, BETWEEN_LISTS.awards, (item) => this.#readRank(item));
      case 'awards':
        return this.#readItem(text, LAST_LINE, (item) => this.#readAward(item));
      case 'nothing':
        return requireDraw(false, `Line ${this.#line} comes after the end`);
    }
  }

  #readItem(text: string, end: string, read: (item: string) => void): void {
    if (text === end && !this.#another) return this.#endList();
    requireDraw(this.#another || this.#item === 0, `Line ${this.#line} should be ${end}`);
    this.#another = text.endsWith(',');
    read(this.#another ? text.slice(0, -1) : text);
    this.#item += 1;
  }

  #endList(): void {
    this.#item = 0;
    if (this.#expected === 'entries') this.#endEntries();
    else if (this.#expected === 'ranking') this.#endRanking();
    else this.#endAwards();
  }

  #state(step: ProofStep, check: () => string): void {
    this.step = step;
    this.statements.push({ step, text: check() });
  }

  #readHead(text: string): void {
    const head = parseHeadLine(text);
    const { commitment, version } = head;
    const { receipt } = this.#options;
    this.#head = head;
    this.#state(
      'format',
      () => `A ${version} document: draw ${commitment.drawNumber} of giveaway ${commitment.giveawayId}.`,
    );
    for (const [name, check] of Object.entries(TRUST)) {
      this.step = name as keyof typeof TRUST;
      const shown = check(head, this.#options, this.#crypto);
      if (shown !== undefined) this.statements.push({ step: this.step, text: shown });
    }
    this.#state('rules', () => checkRules(head, this.#crypto));
    if (receipt) this.#receipt = new ReceiptSearch(this.#crypto, head, this.#tree, receipt);
    this.#expected = 'entries';
  }

  #readEntry(text: string): void {
    const entry = parseEntryText(text, this.#item, this.#line);
    this.step = 'entries';
    if (this.#receipt) this.#receipt.add(entry);
    else this.#tree.add(entry);
    this.#weights.add(entry);
  }

  #endEntries(): void {
    const head = this.#head as ProofHead;
    this.step = 'entries';
    this.#verdict = this.#receipt?.end();
    this.#state('entries', () => `${this.#tree.size} entries are sorted by id, and none comes twice.`);
    this.#state('totals', () => checkTotals(head, this.#tree.totals()));
    this.#state('root', () => checkRoot(head, this.#tree.root()));
    this.#state('signature', () => checkSignature(head, this.#crypto));
    this.#state('randomness', () => checkRandomness(head, this.#crypto));
    this.#state('witness', () => checkWitness(head, this.#crypto, this.#options));
    this.#state('seed', () => checkSeed(head, this.#crypto));
    this.#participants = this.#weights.participants();
    this.#ranking = ranksOf(this.#crypto, head.commitment, head.seed, this.#participants);
    for (const { rank } of awardedRanks(head.commitment, this.#ranking.size)) this.#awarded.set(rank, '');
    this.#expected = 'ranking';
  }

  #readRank(text: string): void {
    const participant = parseRankText(text, this.#item, this.#line);
    const [participants, ranking] = [this.#participants as WeighedParticipants, this.#ranking as Ranks];
    this.step = 'ranking';
    const index = ranking.next();
    requireDraw(index !== -1, `Only ${ranking.size} are ranked, the proof ranks more`);
    if (!isCommitmentAt(participants, index, participant)) {
      requireDraw(false, `Rank ${this.#item + 1} belongs to ${commitmentAt(participants, index)}`);
    }
    if (this.#awarded.has(this.#item + 1)) this.#awarded.set(this.#item + 1, participant);
  }

  #endRanking(): void {
    const { size, ranked } = this.#ranking as Ranks;
    this.#state('ranking', () => {
      requireDraw(ranked === size, `${size} are ranked, the proof ranks ${ranked}`);
      return `The ranking of all ${size} participants follows from the seed.`;
    });
    this.#expected = 'awards';
  }

  #readAward(text: string): void {
    this.#awards.push(parseAwardText(text, this.#item, this.#line));
  }

  #endAwards(): void {
    const { size } = this.#ranking as Ranks;
    const participantAt = (rank: number): string => this.#awarded.get(rank) as string;
    this.#state('awards', () => checkAwards(this.#head as ProofHead, size, participantAt, this.#awards));
    this.#expected = 'nothing';
  }

  /** All lines were read. @throws InvalidDraw when something is missing. */
  end(): { head: ProofHead; awards: readonly DrawAward[]; receipt: ReceiptVerdict | undefined } {
    requireDraw(this.#head !== undefined && this.#expected === 'nothing', `The proof ends after line ${this.#line}`);
    return { head: this.#head, awards: this.#awards, receipt: this.#verdict };
  }
}

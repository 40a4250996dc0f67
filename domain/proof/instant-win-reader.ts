import { instantMs } from '../draw/instant-ms.ts';
import { InstantWinReplay } from '../draw/instant-win.ts';
import { requireDraw } from '../draw/invalid-draw.ts';
import {
  checkAttemptReceipt,
  checkInstantWinKey,
  checkInstantWinRules,
  checkInstantWinSecret,
  checkInstantWinSignature,
  checkInstantWinWitness,
} from './instant-win-checks.ts';
import { AttemptsRoot, type InstantWinAttempt, type InstantWinHead } from './instant-win-proof.ts';
import { ATTEMPTS_END, parseAttemptText, parseInstantWinHeadLine } from './instant-win-text.ts';
import type { ProofCrypto } from './proof.ts';

/** In the order of the document; the first that fails is the one reported. */
export type InstantWinStep =
  | 'format'
  | 'key'
  | 'rules'
  | 'signature'
  | 'secret'
  | 'witness'
  | 'attempts'
  | 'outcomes'
  | 'root'
  | 'receipt';

export interface InstantWinStatement {
  readonly step: InstantWinStep;
  readonly text: string;
}

export interface InstantWinOptions {
  /** The platform's public key in hex, known from elsewhere. */
  readonly trustedKey?: string | undefined;
  /** Certificates in DER of authorities, or of those who vouch for them, whose time-stamps are believed. */
  readonly authorities?: readonly Uint8Array[] | undefined;
  /** The receipt of an attempt, as parsed from JSON. */
  readonly receipt?: unknown;
}

/** Decides every attempt again from the lines of its proof, one at a time. Of an attempt it keeps the entry's id. */
export class InstantWinReader {
  readonly statements: InstantWinStatement[] = [];
  /** What is being checked. */
  step: InstantWinStep = 'format';
  readonly #crypto: ProofCrypto;
  readonly #options: InstantWinOptions;
  readonly #root: AttemptsRoot;
  readonly #entries = new Set<string>();
  readonly #winners = new Set<string>();
  #head: InstantWinHead | undefined;
  #replay: InstantWinReplay | undefined;
  #asked: InstantWinAttempt | undefined;
  #last = '';
  #count = 0;
  #line = 0;
  /** The line before ended with a comma. */
  #another = false;
  #ended = false;

  constructor(crypto: ProofCrypto, options: InstantWinOptions) {
    this.#crypto = crypto;
    this.#options = options;
    this.#root = new AttemptsRoot(crypto);
  }

  /** @param text one line without its end. @throws InvalidDraw for the first thing that is wrong. */
  read(text: string): void {
    this.#line += 1;
    requireDraw(!this.#ended, `Line ${this.#line} comes after the end`);
    if (!this.#head) this.#readHead(text);
    else if (text === ATTEMPTS_END && !this.#another) this.#endAttempts(this.#head);
    else this.#readAttempt(this.#head, text);
    // What is wrong with the next line before it gets here is its form.
    this.step = 'format';
  }

  #state(step: InstantWinStep, check: () => string): void {
    this.step = step;
    this.statements.push({ step, text: check() });
  }

  #readHead(text: string): void {
    const head = parseInstantWinHeadLine(text);
    const { commitment, version, secret } = head;
    const { trustedKey, authorities } = this.#options;
    const crypto = this.#crypto;
    this.#state('format', () => `A ${version} document: the instant wins of giveaway ${commitment.giveawayId}.`);
    if (trustedKey !== undefined) this.#state('key', () => checkInstantWinKey(head, trustedKey));
    this.#state('rules', () => checkInstantWinRules(head, crypto));
    this.#state('signature', () => checkInstantWinSignature(head, crypto));
    this.#state('secret', () => checkInstantWinSecret(head, crypto));
    this.#state('witness', () => checkInstantWinWitness(head, crypto, authorities));
    const window = { fromMs: instantMs(commitment.openedAt), untilMs: instantMs(commitment.closesAt) };
    this.#replay = new InstantWinReplay(crypto, { rule: commitment, secret, units: commitment.prizeUnits, window });
    // Who made the stamp has another clock: from its time on attempts are received.
    if (head.witness.kind === 'rfc3161') this.#last = commitment.openedAt;
    this.#head = head;
  }

  #readAttempt(head: InstantWinHead, text: string): void {
    requireDraw(this.#another || this.#count === 0, `Line ${this.#line} should be ${ATTEMPTS_END}`);
    this.#another = text.endsWith(',');
    const attempt = parseAttemptText(this.#another ? text.slice(0, -1) : text, this.#count, this.#line);
    this.#count += 1;
    this.step = 'attempts';
    this.#checkPlace(head, attempt);
    this.step = 'outcomes';
    this.#checkOutcome(attempt);
    this.#root.add(attempt);
    if (attempt.number === numberOf(this.#options.receipt)) this.#asked = attempt;
  }

  #checkPlace({ commitment }: InstantWinHead, attempt: InstantWinAttempt): void {
    const { number, entryId, participant, receivedAt, unitId } = attempt;
    requireDraw(number === this.#count, `Attempt ${this.#count} has the number ${number}`);
    requireDraw(receivedAt >= this.#last, `Attempt ${number} is older than the one before`);
    requireDraw(!this.#entries.has(entryId), `Entry ${entryId} was used twice`);
    if (commitment.prizesPerPerson === 'one')
      requireDraw(!this.#winners.has(participant), `Attempt ${number} is of somebody who had won before`);
    if (unitId !== undefined) this.#winners.add(participant);
    this.#entries.add(entryId);
    this.#last = receivedAt;
  }

  #checkOutcome({ number, entryId, clientNonce, receivedAt, unitId }: InstantWinAttempt): void {
    const replay = this.#replay as InstantWinReplay;
    requireDraw(replay.unitsLeft > 0, `Attempt ${number} was made when nothing was left`);
    const won = replay.decide({ entryId, clientNonce, receivedMs: instantMs(receivedAt) });
    requireDraw(won === unitId, `Attempt ${number} wins ${won ?? 'nothing'}, the proof says ${unitId ?? 'nothing'}`);
  }

  #endAttempts(head: InstantWinHead): void {
    const { commitment } = head;
    const [count, units] = [this.#count, commitment.prizeUnits.length];
    this.#state('attempts', () => {
      requireDraw(count === commitment.attemptCount, `${count} attempts, committed ${commitment.attemptCount}`);
      return `${count} attempts are numbered without a gap, each of another entry.`;
    });
    const wonCount = units - (this.#replay?.unitsLeft ?? 0);
    const decided = `Decided again, the same ${wonCount} of ${units} prize units are won by the same attempts.`;
    this.#state('outcomes', () => decided);
    this.#state('root', () => {
      const root = this.#root.hex();
      requireDraw(root === commitment.root, `The attempts give the root ${root}, which is not the committed one`);
      return `The attempts give the committed root ${root}.`;
    });
    const { receipt } = this.#options;
    if (receipt !== undefined)
      this.#state('receipt', () => checkAttemptReceipt(receipt, head, this.#asked, this.#crypto));
    this.#ended = true;
  }

  /** All lines were read. @throws InvalidDraw when something is missing. */
  end(): InstantWinHead {
    requireDraw(this.#head !== undefined && this.#ended, `The proof ends after line ${this.#line}`);
    return this.#head;
  }
}

/** The number of the attempt that a receipt is about; nothing is assumed of the receipt. */
const numberOf = (receipt: unknown): unknown => (receipt as { number?: unknown } | null | undefined)?.number;

import type { TaskQueue } from '../../temporal-config/task-queues.ts';

export const GIVEAWAY_TASK_QUEUE: TaskQueue = 'giveaway';

interface Caused {
  readonly actor: string;
  readonly requestId: string;
}

export interface PublishGiveawayInput extends Caused {
  readonly giveawayId: string;
  readonly hostId: string;
  /** Also the id of the wallet's hold and of the escrow reservation. */
  readonly publishId: string;
  /** Started again by the owner sweep: an earlier run has been lost. */
  readonly again?: boolean;
}

export interface PublishedGiveaway {
  readonly giveawayId: string;
  readonly publishId: string;
  readonly grossMinor: string;
  readonly fundingFeeMinor: string;
  readonly currency: string;
}

export const PUBLISH_GIVEAWAY = 'publishGiveaway';
/** Answered when every prize is paid for, or with the refusal. */
export const AWAIT_PUBLISHED = 'awaitPublished';
export const PUBLISH_STATUS = 'publishStatus';
export const publishGiveawayId = (publishId: string): string => `giveaway.publish/${publishId}`;

export interface RunGiveawayInput extends Caused {
  readonly giveawayId: string;
}

/** The round of a beacon that a committed draw waits for. */
export interface AwaitedRound {
  readonly round: number;
  readonly chainHash: string;
  /** By the clock of whoever committed; late rounds are waited for. */
  readonly dueInMs: number;
}

export const RUN_GIVEAWAY = 'runGiveaway';
export const GIVEAWAY_STATUS = 'giveawayStatus';
/** The award that brought the number of open ones to 0 says so, once. */
export const AWARDS_FINISHED = 'awardsFinished';
export const runGiveawayId = (giveawayId: string): string => `giveaway.run/${giveawayId}`;

export interface CancelGiveawayInput extends Caused {
  readonly giveawayId: string;
  readonly reason: string;
}

/** An update of the running giveaway; refused once the draw is committed to. */
export const CANCEL_GIVEAWAY = 'cancelGiveaway';

/** The host asks for the draw; an update of the running giveaway. */
export type DrawByHandInput = RunGiveawayInput;
export const DRAW_BY_HAND = 'drawByHand';

export interface MoveDeadlineInput extends Caused {
  readonly giveawayId: string;
  /** Absent: entry ends now. */
  readonly closesAt?: string;
  readonly reason: string;
}

/** An update of the running giveaway: an early end of entry, or an extension. */
export const MOVE_DEADLINE = 'moveDeadline';
/** An update: the deadline's row has changed. */
export const MOVE_DEADLINE_LOOK = 'lookAtDeadline';

export type SweepInput = Caused;

/** A sweep over the entries of all giveaways that are open. */
export const VERIFY_ENTRIES = 'verifyEntries';
/** A sweep over the claim windows of all giveaways. */
export const EXPIRE_CLAIMS = 'expireClaims';
/** A sweep over verified awards that no claim's workflow looks after. */
export const FORGET_HOLDERS = 'forgetHolders';
export const FULFIL_AWARDS = 'fulfilAwards';

export interface FulfilmentOutcome extends Caused {
  readonly fulfilled: readonly string[];
  /** Tried again later. */
  readonly postponed: readonly string[];
}

/** A sweep over the notifications that are due. */
export const NOTIFY_WINNERS = 'notifyWinners';
export const MAIL_TASK_QUEUE: TaskQueue = 'mail';
export const SOCIAL_TASK_QUEUE: TaskQueue = 'social';

export interface ClaimAwardInput extends Caused {
  readonly awardId: string;
  readonly participantId: string;
}

export interface ClaimedAward {
  readonly awardId: string;
  readonly giveawayId: string;
  /** Null where the prize is no gift card. */
  readonly cardId: string | null;
  readonly state: string;
  /** The claim stands, and a person decides on it before the prize is handed over. */
  readonly waits?: boolean;
}

export const CLAIM_AWARD = 'claimAward';
/** Answered when the claim is in the database; the card follows. */
export const AWAIT_CLAIMED = 'awaitClaimed';
export const CLAIM_STATUS = 'claimStatus';
/** By claim, not by award: a stranger who tried first must not stand in the way of the winner. */
export const claimAwardId = (claimId: string): string => `giveaway.claim/${claimId}`;

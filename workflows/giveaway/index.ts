export { sweepOwners } from '../owner-sweep.ts';
export { claimAward } from './claim-award.ts';
export { expireClaims } from './expire-claims.ts';
export { fulfilAwards } from './fulfil-award.ts';
export { notifyWinners } from './notify-winners.ts';
export { publishGiveaway } from './publish-giveaway.ts';
export { runGiveaway } from './run-giveaway.ts';
export { verifyEntries } from './verify-entries.ts';

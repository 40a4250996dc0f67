import { heartbeat } from '@temporalio/activity';
import type { Database } from '../../db/connect.ts';
import type { ProofSigner } from '../../runtime/proof-signer.ts';
import type { SecretBox } from '../../runtime/secret-box.ts';
import { asActivities } from '../refusals.ts';
import { cancelGiveawayActivities } from './cancel-giveaway.ts';
import { claimAwardActivities } from './claim-award.ts';
import { drawGiveawayActivities } from './draw-giveaway.ts';
import { publishGiveawayActivities } from './publish-giveaway.ts';
import { runGiveawayActivities } from './run-giveaway.ts';

export interface GiveawayDependencies {
  readonly db: Database;
  /** Seals the secrets of draws until they are revealed. */
  readonly secrets: SecretBox;
  readonly signer: ProofSigner;
}

export const createGiveawayActivities = ({ db, secrets, signer }: GiveawayDependencies) =>
  asActivities({
    ...publishGiveawayActivities(db),
    ...cancelGiveawayActivities(db),
    ...runGiveawayActivities(db, secrets),
    ...drawGiveawayActivities({ db, secrets, signer, heartbeat }),
    ...claimAwardActivities(db),
  });

export type GiveawayActivities = ReturnType<typeof createGiveawayActivities>;

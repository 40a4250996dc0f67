import { heartbeat } from '@temporalio/activity';
import type { Database } from '../../db/connect.ts';
import type { DrawSources } from '../../domain/draw/randomness-rules.ts';
import type { ProofSigner } from '../../runtime/proof-signer.ts';
import type { SecretBox } from '../../runtime/secret-box.ts';
import type { SocialPort } from '../../providers/social/port.ts';
import { asActivities } from '../refusals.ts';
import { cancelGiveawayActivities } from './cancel-giveaway.ts';
import { claimAwardActivities } from './claim-award.ts';
import { drawByHandActivities } from './draw-by-hand.ts';
import { expireClaimsActivities } from './expire-claims.ts';
import { drawGiveawayActivities } from './draw-giveaway.ts';
import { drawRandomnessActivities, type RandomnessPorts } from './draw-randomness.ts';
import type { AlertsPort } from '../../providers/alerts/port.ts';
import { ownerSweepActivities } from '../owner-sweep.ts';
import type { WorkflowOwners } from '../workflow-owners.ts';
import { giveawayOwnerSources } from './owner-sweep.ts';
import { forgetHoldersActivities } from './forget-holders.ts';
import { fulfilAwardActivities } from './fulfil-award.ts';
import { moveDeadlineActivities } from './move-deadline.ts';
import { notifyWinnersActivities, type MailDependencies } from './notify-winners.ts';
import { publishGiveawayActivities } from './publish-giveaway.ts';
import { reviewParticipantsActivities } from './review-participants.ts';
import { runGiveawayActivities } from './run-giveaway.ts';
import { verifyEntriesActivities } from './verify-entries.ts';

export interface GiveawayDependencies {
  readonly db: Database;
  /** Seals the secrets of draws until they are revealed. */
  readonly secrets: SecretBox;
  readonly signer: ProofSigner;
  readonly randomness: RandomnessPorts;
  readonly sources: DrawSources;
  readonly alerts: AlertsPort;
  readonly owners: WorkflowOwners;
}

export const createGiveawayActivities = ({
  db,
  secrets,
  signer,
  randomness,
  sources,
  alerts,
  owners,
}: GiveawayDependencies) =>
  asActivities({
    ...publishGiveawayActivities(db),
    ...cancelGiveawayActivities(db),
    ...runGiveawayActivities(db, secrets, sources, randomness.timestamp),
    ...reviewParticipantsActivities({ db, heartbeat }),
    ...drawByHandActivities(db),
    ...drawGiveawayActivities({ db, secrets, signer, heartbeat, ...randomness }),
    ...drawRandomnessActivities(db, randomness),
    ...claimAwardActivities(db),
    ...ownerSweepActivities({ owners, alerts, sources: giveawayOwnerSources(db) }),
    ...forgetHoldersActivities(db),
    ...fulfilAwardActivities(db),
    ...moveDeadlineActivities(db),
    ...expireClaimsActivities({ db, heartbeat }),
  });

export type { PublishPlanView } from './publish-giveaway.ts';

export type GiveawayActivities = ReturnType<typeof createGiveawayActivities>;

/** On the queue `social`: so that whoever waits for a network holds up nothing else. */
export const createSocialActivities = ({ db, social }: { readonly db: Database; readonly social: SocialPort }) =>
  asActivities(verifyEntriesActivities({ db, social, heartbeat }));

export type SocialActivities = ReturnType<typeof createSocialActivities>;

/** On the queue `mail`: so that whoever waits for the relay holds up nothing else. */
export const createMailActivities = (deps: Omit<MailDependencies, 'heartbeat'>) =>
  asActivities(notifyWinnersActivities({ ...deps, heartbeat }));

export type MailActivities = ReturnType<typeof createMailActivities>;

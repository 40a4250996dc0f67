import type { SocialKind } from '../../domain/entry-methods.ts';

/** The social networks as the product sees them. An answer says exactly what is known; `UNKNOWN` is not `FAIL`. */

export interface SocialQuestion {
  readonly method: SocialKind;
  /** The participant's account at the network, without the `@`. */
  readonly participantAccount: string;
  /** What is to be followed, shared, commented or joined. */
  readonly target: string;
}

/** Kept with the verdict; never what somebody wrote. */
export type SocialEvidence = Readonly<Record<string, string>>;

export type SocialVerdict =
  | { readonly verdict: 'PASS' | 'FAIL'; readonly evidence: SocialEvidence }
  /** A time-out, a limit, a broken answer: ask again, but not before. */
  | { readonly verdict: 'UNKNOWN'; readonly evidence: SocialEvidence; readonly retryAfterMs: number };

export interface SocialPort {
  verify(question: SocialQuestion): Promise<SocialVerdict>;
}

/** The network says that we called it wrongly: a fault of ours, never a verdict about somebody. */
export class SocialMisuse extends Error {
  override readonly name = 'SocialMisuse';
}

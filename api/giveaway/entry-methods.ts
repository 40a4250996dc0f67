import { z } from 'zod';
import type { NewMethod } from '../../db/giveaway/create-giveaway.ts';
import type { EntryTerms } from '../../db/giveaway/entry-terms.ts';
import { ENTRY_KINDS, ENTRY_PERIODS } from '../../domain/entry-methods.ts';
import type { EntryHashes } from '../../runtime/entry-hashes.ts';

const MAX_METHODS = 20;
const DAY_MS = 24 * 3_600_000;

const methodSchema = z.object({
  name: z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/),
  kind: z.enum(ENTRY_KINDS),
  weight: z.int().min(1).max(1_000).default(1),
  required: z.boolean().default(false),
  period: z.enum(ENTRY_PERIODS).optional(),
  cap: z.int().min(1).max(10_000).nullable().default(null),
  target: z.string().trim().min(1).max(300).nullable().default(null),
  prompt: z.string().trim().min(1).max(500).nullable().default(null),
  /** Of a secret code or a question; only its keyed hash is kept. */
  answer: z.string().trim().min(1).max(200).optional(),
});

/** How one may enter, and who: part of a draft. */
export const entryTermsSchema = {
  entryMethods: z.array(methodSchema).min(1).max(MAX_METHODS).optional(),
  eligibility: z
    .object({
      minAgeYears: z.int().min(1).max(120).optional(),
      countries: z
        .array(z.string().regex(/^[A-Z]{2}$/))
        .min(1)
        .max(250)
        .optional(),
      minAccountAgeMs: z
        .int()
        .min(1)
        .max(3_660 * DAY_MS)
        .optional(),
    })
    .optional(),
  /** From this score of what entrants have in common on, a person decides. */
  reviewFromScore: z.int().min(1).max(1_000).optional(),
  verificationGraceMs: z.int().min(0).max(DAY_MS).optional(),
};

export const methodsOf = (
  methods: readonly z.output<typeof methodSchema>[] | undefined,
  giveawayId: string,
  hashes: EntryHashes,
): NewMethod[] | undefined =>
  methods?.map(({ answer, period, ...method }) => ({
    ...method,
    period: period ?? (method.kind === 'referral' ? 'per_referral' : 'once'),
    answerHash: answer === undefined ? undefined : hashes.answer(giveawayId, method.name, answer),
  }));

export const presentTerms = ({ methods, eligibility }: EntryTerms) => ({ entryMethods: methods, eligibility });

import { z } from 'zod';
import type { SocialKind } from '../../domain/entry-methods.ts';
import { SocialMisuse, type SocialPort, type SocialVerdict } from './port.ts';

export interface HttpSocialOptions {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly timeoutMs: number;
}

const ACTIONS: Readonly<Record<SocialKind, string>> = {
  social_follow: 'follow',
  social_share: 'share',
  social_comment: 'comment',
  social_membership: 'membership',
};
const MISUSED = new Set([400, 401, 403, 404, 405]);
const answer = z.discriminatedUnion('found', [
  z.object({
    found: z.literal(true),
    account: z.string(),
    action: z.string(),
    target: z.string(),
    at: z.iso.datetime(),
  }),
  z.object({ found: z.literal(false), account: z.string(), action: z.string(), target: z.string() }),
]);

/** The verification service's HTTP API. Only an answer of the documented shape, about what was asked, is believed. */
export const httpSocial = ({ baseUrl, apiKey, timeoutMs }: HttpSocialOptions): SocialPort => ({
  verify: async ({ method, participantAccount, target }) => {
    const asked = { account: participantAccount, action: ACTIONS[method], target };
    const url = new URL(`/v1/actions?${new URLSearchParams(asked).toString()}`, baseUrl);
    try {
      const headers = { authorization: `Bearer ${apiKey}` };
      const response = await fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs) });
      if (MISUSED.has(response.status)) throw new SocialMisuse(`The network answered ${response.status}`);
      if (!response.ok) return unknown(`http_${response.status}`, retryAfterMs(response.headers));
      const parsed = answer.safeParse(await response.json());
      if (!parsed.success) return unknown('malformed_answer');
      if (Object.entries(asked).some(([name, value]) => parsed.data[name as keyof typeof asked] !== value))
        return unknown('answer_to_another_question');
      return parsed.data.found
        ? { verdict: 'PASS', evidence: { action: asked.action, at: parsed.data.at } }
        : { verdict: 'FAIL', evidence: { action: asked.action, found: 'false' } };
    } catch (error) {
      if (error instanceof SocialMisuse) throw error;
      return unknown(error instanceof Error ? error.name : 'request_failed');
    }
  },
});

const unknown = (cause: string, afterMs = 0): SocialVerdict => ({
  verdict: 'UNKNOWN',
  evidence: { cause },
  retryAfterMs: afterMs,
});

function retryAfterMs(headers: Headers): number {
  const seconds = Number(headers.get('retry-after') ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : 0;
}

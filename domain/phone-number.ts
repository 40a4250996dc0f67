/** What a number is sealed for: it opens for no other top-up. */
export const phoneAad = (vendId: string): string => `airtime-phone:${vendId}`;

/** How long a number is kept after its phone was topped up. That of a top-up that ended otherwise is erased at once. */
export const PHONE_KEPT_MS = 30 * 24 * 3_600_000;

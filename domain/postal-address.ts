/** Where a prize is sent to. Personal data: it is kept encrypted, and never in an event or a workflow. */
export interface PostalAddress {
  readonly name: string;
  readonly line1: string;
  readonly line2: string | null;
  readonly city: string;
  readonly region: string | null;
  readonly postalCode: string | null;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** For the carrier, in E.164. */
  readonly phone: string | null;
}

/** What an address is sealed for: it opens for no other award. */
export const addressAad = (awardId: string): string => `award-address:${awardId}`;

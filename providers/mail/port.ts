/** The mail relay as the product sees it. */

export interface Mail {
  readonly to: string;
  readonly subject: string;
  /** Plain text. */
  readonly text: string;
  /** The same in every attempt, so that whoever gets a mail twice can see that it is one. */
  readonly messageId: string;
}

export type MailVerdict =
  /** The relay has it, and answers for the rest of the way. */
  | { readonly outcome: 'accepted' }
  /** It will never take this mail. */
  | { readonly outcome: 'refused'; readonly problem: string }
  /** Nobody can say, or not now: send it again. It may then arrive twice. */
  | { readonly outcome: 'later'; readonly problem: string };

export interface MailPort {
  send(mail: Mail): Promise<MailVerdict>;
  close(): void;
}
